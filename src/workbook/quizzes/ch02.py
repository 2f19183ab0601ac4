"""The quiz of chapter 02."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=2,
    questions=(
        Question(
            "A notebook gives 0.21 on your machine and 0.27 on your colleague's, with the same "
            "data and packages. What do you try first?",
            (
                Option(
                    "Restart the kernel and run all cells from the top, on both machines.",
                    "Yes. It removes what earlier runs left behind. What still differs has another "
                    "cause.",
                    right=True,
                ),
                Option(
                    "Put both into containers.",
                    "Each container would run the cells in the order in which somebody ran them.",
                ),
                Option(
                    "Set a random seed.",
                    "Nothing here draws a random number.",
                ),
            ),
        ),
        Question(
            "All tests pass, and every line of the function was executed. What do you know?",
            (
                Option(
                    "The function is right for the cases that are asserted.",
                    "Yes, and for no others. A line that runs and isn't asserted proves nothing.",
                    right=True,
                ),
                Option(
                    "The function is right.",
                    "A test that calls it and asserts nothing executes every line, too.",
                ),
                Option(
                    "The tests would fail if somebody turned a sign around.",
                    "That is what a mutant tells you. Coverage doesn't.",
                ),
            ),
        ),
        Question(
            "`requirements.txt` says `pandas==2.3.3` and nothing else. What can still change "
            "without anybody here changing anything?",
            (
                Option(
                    "The version of numpy that pandas brings along",
                    "It can: pandas allows many versions of it, and nothing pins it.",
                    right=True,
                ),
                Option(
                    "The file that an index hands out as pandas 2.3.3",
                    "It can, on a private index or a mirror. A hash would notice.",
                    right=True,
                ),
                Option(
                    "The version number of pandas",
                    "That one is pinned.",
                ),
            ),
            several=True,
        ),
        Question(
            "Why is `requirements.txt` copied before the code?",
            (
                Option(
                    "So that a change of code reuses the layer with the packages.",
                    "Yes. That layer depends only on what was copied before it.",
                    right=True,
                ),
                Option(
                    "Because pip must run before Python can import anything.",
                    "It has to run before the service starts, not before the code is copied.",
                ),
                Option(
                    "Because the image gets smaller.",
                    "The layers hold the same files in either order.",
                ),
            ),
        ),
        Question(
            "Two machines start the same image by its digest and give different answers. What "
            "can it be?",
            (
                Option(
                    "The data that they read",
                    "It can: what is read at run time isn't in the image.",
                    right=True,
                ),
                Option(
                    "The processor",
                    "It can: sums of floating-point numbers may be ordered by its instructions.",
                    right=True,
                ),
                Option(
                    "The version of a Python package",
                    "Packages are in the image, and the digest fixes the image.",
                ),
            ),
            several=True,
        ),
    ),
)
