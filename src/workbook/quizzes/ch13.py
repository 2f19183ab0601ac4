"""The quiz of chapter 13."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=13,
    questions=(
        Question(
            "A false alarm costs 1 and a miss 9, right answers nothing. From which probability on "
            "does a warning pay?",
            (
                Option(
                    "0.1",
                    "Yes: at 0.1, nine parts of a false alarm weigh as much as one part of a miss.",
                    right=True,
                ),
                Option(
                    "1/9",
                    "That is the ratio of the costs. At the threshold p × 9 equals (1 - p) × 1.",
                ),
                Option("0.9", "The other way round: the dearer a miss, the earlier you warn."),
                Option("0.5", "Only where both mistakes cost the same."),
            ),
        ),
        Question(
            "Late flights were weighed up in training. AUC stayed the same. What has changed?",
            (
                Option(
                    "Nothing that matters: AUC is the measure.",
                    "AUC sees only the order. The threshold from the costs needs probabilities.",
                ),
                Option(
                    "The probabilities no longer mean what they say.",
                    "Yes: the odds were multiplied, so one in six isn't one in six any more.",
                    right=True,
                ),
                Option(
                    "The model finds more late flights at no cost.",
                    "At the same threshold it warns more, and pays for it in false alarms.",
                ),
            ),
        ),
        Question(
            "The model saves 222 units per 1,000 flights over silence and 75 over the board. What "
            "is it worth?",
            (
                Option(
                    "222: without the model nobody would be warned.",
                    "The agents would look at the board. They do it already.",
                ),
                Option(
                    "75, less what it costs to run.",
                    "Yes: it is worth what it adds to the cheapest alternative.",
                    right=True,
                ),
                Option(
                    "About 150, the mean of both",
                    "A mean of two alternatives is none: the agents look at the board already.",
                ),
            ),
        ),
        Question(
            "After a third of the planned cases the new way is better with a p-value of 0.01. What "
            "now?",
            (
                Option(
                    "Ship: 0.01 is well below 0.05.",
                    "With several looks, equal rates get there far more often than the label says.",
                ),
                Option(
                    "Wait for the planned size, and keep watching the guardrail.",
                    "Yes. The guardrail alone may end it early, by a stricter limit.",
                    right=True,
                ),
                Option(
                    "Plan a smaller test, so that it ends here.",
                    "A size chosen after looking is peeking by another name.",
                ),
            ),
        ),
        Question(
            "Carriers differ in how many of their flights are late. Which of these can be compared "
            "between them all the same?",
            (
                Option(
                    "The share of their late flights that was missed",
                    "Yes: each is counted among its own late flights.",
                    right=True,
                ),
                Option(
                    "The share of flights with a warning",
                    "Where more flights are late, more warnings are right.",
                ),
                Option(
                    "The gap between what is announced and what happens",
                    "Yes: it says of each whether it is calibrated, and it should be 0 for all.",
                    right=True,
                ),
                Option(
                    "The number of late flights that was missed",
                    "A big carrier misses more of everything. Take a share.",
                ),
            ),
            several=True,
        ),
    ),
)
