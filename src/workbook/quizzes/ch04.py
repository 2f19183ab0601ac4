"""The quiz of chapter 04."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=4,
    questions=(
        Question(
            "A pipeline measures the model's error and writes it into a report. The release needs "
            "`package`, and `package` needs `train`. What is the measurement?",
            (
                Option(
                    "A gate, because it can fail",
                    "It can fail, and the release goes out all the same.",
                ),
                Option(
                    "A report: nothing on the way to the release needs it",
                    "Yes. It becomes a gate when something needs it.",
                    right=True,
                ),
                Option(
                    "A test of the code",
                    "It measures a model. And where it stands decides whether it stops anything.",
                ),
            ),
        ),
        Question(
            "Which of these can a developer in a hurry not skip?",
            (
                Option(
                    "A `pre-push` hook",
                    "`git push --no-verify` skips it.",
                ),
                Option(
                    "The rule that everybody runs the tests before a push",
                    "A rule that nothing keeps is skipped by being forgotten.",
                ),
                Option(
                    "A `pre-receive` hook",
                    "Yes. It runs where the push arrives, and no option of the client reaches it.",
                    right=True,
                ),
            ),
        ),
        Question(
            "A step fails in about one run of ten on the same commit. The team lets the server "
            "repeat it up to three times. What did they gain?",
            (
                Option(
                    "A repaired step",
                    "Nothing about it has changed. It still gives two answers to one question.",
                ),
                Option(
                    "Fewer stops for nothing, and fewer true faults found",
                    "Yes. A true fault that shows in some runs only now gets through too, and "
                    "the cause of the rest is still there.",
                    right=True,
                ),
                Option(
                    "More certainty: three runs say more than one",
                    "They would if all three had to pass. Here one pass of three is enough.",
                ),
            ),
        ),
        Question(
            "The challenger's mean error on 5,000 test flights is lower by 0.002. What else does "
            "the gate have to know?",
            (
                Option(
                    "The interval of the paired difference, drawn by days",
                    "It does: 0.002 may be the luck of a few days.",
                    right=True,
                ),
                Option(
                    "The difference in each airport",
                    "It does: a gain on average can be a loss for some.",
                    right=True,
                ),
                Option(
                    "The difference on the training flights",
                    "It doesn't. There the model that remembers more wins.",
                ),
                Option(
                    "Whether the challenger answered for every flight",
                    "It does: a flight without a probability gets no warning, and a mean may leave "
                    "it out in silence.",
                    right=True,
                ),
            ),
            several=True,
        ),
        Question(
            "Two teams release changes of the same risk. One undoes a release in three minutes, "
            "the other in a day. What follows?",
            (
                Option(
                    "Both need a person who approves each release.",
                    "For the first the wait may cost more than the harm that is avoided.",
                ),
                Option(
                    "Neither needs one, if the gates are good.",
                    "Gates stop what somebody thought of. A bad change that passes serves for a "
                    "whole day at the second team.",
                ),
                Option(
                    "The first can let good builds go by themselves sooner than the second.",
                    "Yes. The time to undo multiplies the harm, and so decides whether a wait "
                    "pays.",
                    right=True,
                ),
            ),
        ),
    ),
)
