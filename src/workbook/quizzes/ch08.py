"""The quiz of chapter 08."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=8,
    questions=(
        Question(
            "A new feature lifts the AUC on later months from 0.769 to 0.794. What do you know?",
            (
                Option(
                    "It is no leak: a leak would lift it above 0.9.",
                    "The windows by schedule in this chapter lift it by just that much.",
                ),
                Option(
                    "It helps, because the test months came after the training months.",
                    "A split by time keeps the training honest. It doesn't look inside a feature.",
                ),
                Option(
                    "Nothing about leaks: a good feature and a mild leak score alike.",
                    "Yes. Delete the future and compute it again; then you know.",
                    right=True,
                ),
            ),
        ),
        Question(
            "From when on is a flight's arrival delay known?",
            (
                Option(
                    "From its actual arrival",
                    "Yes, and with clocks without seconds, from the end of that minute.",
                    right=True,
                ),
                Option(
                    "From its scheduled arrival",
                    "A flight that is late is still in the air then, and its delay isn't known.",
                ),
                Option(
                    "From its actual departure",
                    "Then the departure delay is known. Some of it may be made up for on the way.",
                ),
            ),
        ),
        Question(
            "Why does Flightline not predict at scheduled departure?",
            (
                Option(
                    "The model would be worse then.",
                    "It would look much better: it would see many flights leave.",
                ),
                Option(
                    "More than half of the flights have left by then, so the answer is known.",
                    "Yes, and a warning that comes after departure helps nobody.",
                    right=True,
                ),
                Option(
                    "The weather isn't known then.",
                    "The weather of the last hours is known then as well as an hour before.",
                ),
            ),
        ),
        Question(
            "The service sends the departure time as 615 in place of 375 minutes. Who notices?",
            (
                Option(
                    "The model: it raises an error.",
                    "It takes any number, and answers with a probability.",
                ),
                Option(
                    "The test that deletes the future",
                    "Nothing here comes from the future.",
                ),
                Option(
                    "A test that compares both sides on the same flights",
                    "Yes: every row differs, and HHMM explains the difference.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Which statements about features kept as rows (entity, known_at, values) are true?",
            (
                Option(
                    "A flight takes the latest row of its entity that is not later.",
                    "True: an as-of join.",
                    right=True,
                ),
                Option(
                    "A row may be older than the moment, and that costs accuracy.",
                    "True: an hour between two rows cost about 0.009 of AUC here.",
                    right=True,
                ),
                Option(
                    "Older rows do no harm to a model that was trained on fresh ones.",
                    "They do more harm to it than to a model that was trained on rows as old.",
                ),
                Option(
                    "Their time of `known_at` makes sure that there is no leak.",
                    "Only if it is recorded. A `known_at` that somebody made up leaks in silence.",
                ),
            ),
            several=True,
        ),
    ),
)
