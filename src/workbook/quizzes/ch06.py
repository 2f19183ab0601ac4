"""The quiz of chapter 06."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=6,
    questions=(
        Question(
            "A job appended all of July twice. Which number shows it?",
            (
                Option(
                    "July's late rate",
                    "Every flight of July counts twice, late or not: the rate stays as it was.",
                ),
                Option(
                    "The number of July's flights",
                    "Yes. Counts double, and the year's rate moves towards July's.",
                    right=True,
                ),
                Option(
                    "The error log of the job",
                    "Nothing failed. Both runs did what they were told.",
                ),
            ),
        ),
        Question(
            "Which of these can run twice without harm?",
            (
                Option(
                    "Replace the partition of March by what the raw file holds.",
                    "Yes: the result depends on the raw file and not on how often it ran.",
                    right=True,
                ),
                Option(
                    "Add the flights of March to the table.",
                    "The second run adds them again.",
                ),
                Option(
                    "Add one to the counter of runs.",
                    "Twice makes two. Counting is the textbook case of what is not idempotent.",
                ),
                Option(
                    "Set the status of March to `published`.",
                    "Yes: it is `published` afterwards, once or twice.",
                    right=True,
                ),
            ),
            several=True,
        ),
        Question(
            "A process dies while it writes `new.part`, which `os.replace` was going to rename. "
            "What does a reader of the real name see?",
            (
                Option(
                    "A part of the new content",
                    "That part has another name, and nobody reads it.",
                ),
                Option(
                    "The old content, whole",
                    "Yes. The name still points to the old file; the next attempt overwrites "
                    "`new.part`.",
                    right=True,
                ),
                Option(
                    "No file",
                    "Only if somebody removed the old one first. `os.replace` needs no removing.",
                ),
            ),
        ),
        Question(
            "Somebody adds a comment to `summary.py`. The cache, by content hash, holds all "
            "results of the run before. What computes?",
            (
                Option(
                    "Nothing, because comments don't matter",
                    "The hash doesn't know what a comment is. The steps with that code compute.",
                ),
                Option(
                    "Every step from the summaries to the alarm",
                    "The summaries come out as before, byte by byte, so what needs them doesn't "
                    "compute.",
                ),
                Option(
                    "The summaries, and nothing after them",
                    "Yes. Their code has a new hash; their results don't, and there it ends.",
                    right=True,
                ),
            ),
        ),
        Question(
            "What does Git hold of a folder that `dvc add` was called on?",
            (
                Option(
                    "A small text file with the folder's hash",
                    "Yes. The data itself lies in DVC's cache under its hash.",
                    right=True,
                ),
                Option(
                    "A compressed copy of the data",
                    "DVC tells Git to ignore the folder. Git would carry each version for ever.",
                ),
                Option(
                    "Nothing; DVC has its own history",
                    "DVC has a cache and no history. The history is Git's, of the small files.",
                ),
            ),
        ),
    ),
)
