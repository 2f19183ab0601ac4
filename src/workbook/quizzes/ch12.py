"""The quiz of chapter 12."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=12,
    questions=(
        Question(
            "The PSI of temperature is 2.6 in September. What do you know?",
            (
                Option(
                    "The model is worse than in August.",
                    "It may be, and the PSI doesn't say so. Nothing about labels went into it.",
                ),
                Option(
                    "September's temperatures are distributed otherwise than the reference's.",
                    "Yes, and that is all: the input differs.",
                    right=True,
                ),
                Option(
                    "The weather feed is broken.",
                    "It would look the same. So does autumn.",
                ),
            ),
        ),
        Question(
            "The Brier score of December is twice September's. What do you look at first?",
            (
                Option(
                    "The late rate of both months, and a fresh model on the same flights",
                    "Yes: the base rate alone can double it, and a hard month is hard for both.",
                    right=True,
                ),
                Option(
                    "Retraining, since the score has doubled",
                    "The fresh model of December had nearly the same score.",
                ),
                Option(
                    "The limit of the alarm, which should be higher in winter",
                    "Then it would be blind to decay in winter. Compare with something that knows "
                    "the month.",
                ),
            ),
        ),
        Question(
            "At 19:00 you compute the late rate of today's flights that have landed. It is",
            (
                Option(
                    "too low: punctual flights land first.",
                    "Yes. The late ones are still in the air.",
                    right=True,
                ),
                Option(
                    "right, only less precise: it is a sample.",
                    "It isn't a random one. Whether a flight is in it depends on its delay.",
                ),
                Option(
                    "too high: delays pile up by the evening.",
                    "They do, and these flights haven't landed yet.",
                ),
            ),
        ),
        Question(
            "A drift alarm was right three times in a year and wrong 90 times. What helps?",
            (
                Option(
                    "A limit that follows from the price of a miss and of a false alarm",
                    "Yes, chosen on past days and counted on others.",
                    right=True,
                ),
                Option(
                    "Another value to watch, that moves with the fault and not with the season",
                    "Yes: often this gains more than any limit.",
                    right=True,
                ),
                Option(
                    "A second alarm on each feature, to be safe",
                    "Each adds false alarms. Soon nobody reads any.",
                ),
                Option(
                    "A smaller p-value",
                    "With enough rows even a harmless difference has a tiny one.",
                ),
            ),
            several=True,
        ),
        Question(
            "When is a trigger better than retraining every month?",
            (
                Option(
                    "When a retraining costs more than a month's gain from it",
                    "Yes. Where retraining is nearly free, a schedule gets a little more.",
                    right=True,
                ),
                Option(
                    "Always: the trigger reacts to facts.",
                    "It reacts after the month in which the model was worse, and pays for that.",
                ),
                Option(
                    "When features drift in every month",
                    "Then a trigger on drift fires every month and is a schedule.",
                ),
            ),
        ),
    ),
)
