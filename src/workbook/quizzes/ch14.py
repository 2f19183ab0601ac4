"""The quiz of chapter 14."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=14,
    questions=(
        Question(
            "A team says that it is at level 2. What do you ask first?",
            (
                Option(
                    "Which tools it uses",
                    "By its list of packages the baggage team used seven, and none did anything.",
                ),
                Option(
                    "Of which model, and of which year",
                    "Yes. The number 2 is in all four and means four things.",
                    right=True,
                ),
                Option(
                    "How many models it serves",
                    "Ten models released by hand are ten times level 0.",
                ),
            ),
        ),
        Question(
            "A team meets every demand of level 3 and lacks one of level 1. Where does it stand?",
            (
                Option("At level 0", "Yes. The lowest gap decides.", right=True),
                Option("At level 3", "A level counts only if the levels below it are complete."),
                Option("Between the two", "A fault doesn't meet the mean of a team's strengths."),
            ),
        ),
        Question(
            "Which of these is evidence that tests run on every change?",
            (
                Option(
                    "A README that says so",
                    "It was true when it was written, perhaps. Nothing fails when it isn't.",
                ),
                Option(
                    "A workflow on push whose command leads to a test runner, and tests that can "
                    "fail",
                    "Yes, as far as files go. Whether a red run stops anybody, you have to ask.",
                    right=True,
                ),
                Option(
                    "A workflow that runs `pytest || true`",
                    "It runs the tests and throws the answer away.",
                ),
                Option(
                    "pytest in the list of packages",
                    "That it is asked for. The rest is a hope.",
                ),
            ),
        ),
        Question(
            "Which of these can no repository show?",
            (
                Option(
                    "That somebody answers an alert at night",
                    "Right: a file can hold the alert and not the person.",
                    right=True,
                ),
                Option(
                    "That dependencies are pinned",
                    "A lock file shows it, version by version.",
                ),
                Option(
                    "That data scientists and engineers work together",
                    "Right: it is a column of Microsoft's model, and no tool provides it.",
                    right=True,
                ),
                Option(
                    "That a scheduled training ran last month",
                    "Right: the file shows the schedule; the runs are elsewhere.",
                    right=True,
                ),
            ),
            several=True,
        ),
        Question(
            "Two steps are missing for a model's next level. You do the cheaper one. What moved?",
            (
                Option(
                    "Half a level",
                    "There are no halves: a level is complete or it isn't.",
                ),
                Option(
                    "No level",
                    "Yes. It moves with the last missing step, so the two belong together.",
                    right=True,
                ),
                Option(
                    "One level, because the cheaper step comes first",
                    "The order is yours; the level waits for both.",
                ),
            ),
        ),
    ),
)
