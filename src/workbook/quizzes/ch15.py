"""The quiz of chapter 15."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=15,
    questions=(
        Question(
            "A table no longer fits into pandas. What do you try first?",
            (
                Option(
                    "A cluster, since the data will grow anyway",
                    "It costs a start, machines and people, and a second way to be wrong.",
                ),
                Option(
                    "An engine that reads in pieces, on the same machine",
                    "Yes: DuckDB or polars had the same table in a fraction of the memory.",
                    right=True,
                ),
                Option(
                    "A sample",
                    "For a look at the data it is enough. The features of the flights left out are "
                    "still missing.",
                ),
            ),
        ),
        Question(
            "A cluster's result has all rows and no error. What shows that it is right?",
            (
                Option(
                    "The same count of values, asked of the plan",
                    "It was right here, and the file was wrong: a count is another plan.",
                ),
                Option(
                    "Equal checksums of the written file and of another engine's",
                    "Yes, on a part that the other engine can do.",
                    right=True,
                ),
                Option(
                    "Running it twice",
                    "The same error comes twice.",
                ),
            ),
        ),
        Question(
            "Windows of 24 hours are computed month by month. Whose delays does a task need?",
            (
                Option(
                    "Those scheduled in its month",
                    "Then the windows of its first day are short.",
                ),
                Option(
                    "Those scheduled in its month or in the 24 hours before",
                    "A flight may have left earlier and have landed inside the window.",
                ),
                Option(
                    "Those that landed from 24 hours before its first prediction to its last",
                    "Yes: by when a delay was known.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Half of a night's work can't be divided. What do a hundred workers gain?",
            (
                Option(
                    "Nearly twice the speed",
                    "Yes, and never more: the half that stays takes as long as before.",
                    right=True,
                ),
                Option(
                    "About fifty times the speed",
                    "Only the divisible half gets faster.",
                ),
                Option(
                    "A hundred times the speed, if the network is fast enough",
                    "No network shortens the part that one worker does alone.",
                ),
            ),
        ),
        Question(
            "A schema accepts a manifest. What do you know?",
            (
                Option(
                    "Keys and types are those that Kubernetes knows.",
                    "Yes. Whether a name in it leads anywhere is another question.",
                    right=True,
                ),
                Option(
                    "The service will start.",
                    "An image that doesn't exist passes too.",
                ),
                Option(
                    "The Service reaches its pods.",
                    "A port with a name that no container has passes, and gets no request.",
                ),
            ),
        ),
    ),
)
