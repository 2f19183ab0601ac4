"""The quiz of chapter 16."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=16,
    questions=(
        Question(
            "A gate for the monthly refresh of the same model asks for *surely better*. What "
            "happens?",
            (
                Option(
                    "Hardly any refresh passes, and the model grows old in service.",
                    "Yes: a fresh model is better by little, and two weeks rarely show it. Ask for "
                    "not worse, everywhere, with an answer for every flight.",
                    right=True,
                ),
                Option(
                    "Only good models pass, so the service gets better and better.",
                    "The refreshes that are as good never pass, and the one in service decays.",
                ),
                Option(
                    "Nothing, because the canary decides in the end.",
                    "The canary sees only what the gate lets through.",
                ),
            ),
        ),
        Question(
            "Late arrivals are booked as on time. Which of these shows it?",
            (
                Option(
                    "The log-loss rises.",
                    "It falls: most flights are on time now, and a model is rarely sure of late.",
                ),
                Option(
                    "Over a week far fewer flights are late than were announced.",
                    "Yes. Announced and delivered part, in the pleasant direction.",
                    right=True,
                ),
                Option(
                    "The drift of the features rises.",
                    "The features are right. Only the labels are wrong.",
                ),
                Option(
                    "The candidate fails at the gate.",
                    "The trial's labels are wrong in the same way: the candidate that learned "
                    "from them looks better than the champion.",
                ),
            ),
        ),
        Question(
            "A loop that retrains each night is left alone with a broken feed. What is different "
            "from a model that is never retrained?",
            (
                Option(
                    "It learns from the broken data, so the damage outlives the fault.",
                    "Yes. What a fault did to the data is in the model until the next sound one.",
                    right=True,
                ),
                Option(
                    "It adapts to the fault, which is the point of retraining.",
                    "It adapts to data that will be put right. And it paid for each training.",
                ),
                Option(
                    "Nothing: both get the same features.",
                    "The same features on the day itself. Only one of them learns from them.",
                ),
            ),
        ),
        Question(
            "The replay was killed in the middle, started again, and ended with the same score. "
            "What did that need?",
            (
                Option(
                    "A state that is written whole or not at all, after each day",
                    "Yes: a half-written state would be worse than none.",
                    right=True,
                ),
                Option(
                    "Seeds that depend on the day, and not on how far a generator has run",
                    "Yes. A generator that runs on through the year would stand elsewhere.",
                    right=True,
                ),
                Option(
                    "A way to start the same day twice and get it once",
                    "Yes, as in chapter 06: the day that was cut off is played again.",
                    right=True,
                ),
                Option(
                    "A signal handler that saves before the process ends",
                    "`kill -9` can't be handled, and neither can a power cut.",
                ),
            ),
            several=True,
        ),
        Question(
            "You add a second alarm for each feature. The score falls. Why might that be right?",
            (
                Option(
                    "Each call costs a person an hour, and most of the new ones find nothing.",
                    "Yes. An alarm pays when what it finds costs more than what it wakes.",
                    right=True,
                ),
                Option(
                    "It can't be: more alarms catch more incidents.",
                    "Some more, perhaps. The score counts the other calls too.",
                ),
                Option(
                    "Alarms slow the service down.",
                    "They look at the evening's numbers and touch no request.",
                ),
            ),
        ),
    ),
)
