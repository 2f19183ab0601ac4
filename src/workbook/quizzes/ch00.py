"""The quiz of chapter 00."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=0,
    questions=(
        Question(
            "Which flights does the course's late rate speak of?",
            (
                Option(
                    "All flights that were scheduled.",
                    "Some of them were cancelled: they have no arrival, late or not.",
                ),
                Option(
                    "Flights that arrived.",
                    "Yes. Cancelled and diverted flights have no label, and the course says so "
                    "wherever that matters.",
                    right=True,
                ),
                Option(
                    "Flights that departed.",
                    "Close, but a diverted flight departed and never arrived where it should have.",
                ),
            ),
        ),
        Question(
            "What is `float('nan') >= 30` in Python?",
            (
                Option(
                    "`False`",
                    "Yes: every order comparison with a missing value is false, without a word.",
                    right=True,
                ),
                Option("`nan`", "That would have saved you. The comparison gives a plain `False`."),
                Option("An error", "It raises nothing, and that is what makes it dangerous."),
            ),
        ),
        Question(
            "A flight lands exactly 30 minutes late. Is it late, by Flightline's definition?",
            (
                Option("Yes", "30 minutes or more: the bound is included.", right=True),
                Option("No", "The definition says 30 minutes or more."),
                Option(
                    "It depends on the carrier",
                    "There is one definition for the whole course. Two definitions in one company "
                    "are two truths.",
                ),
            ),
        ),
        Question(
            "A check says that your answer is wrong. What have you lost?",
            (
                Option(
                    "One of your attempts",
                    "Attempts are not counted against you. Try as often as you like.",
                ),
                Option(
                    "Nothing",
                    "Right. Read the message: it names the mistake, and your answer is unchanged.",
                    right=True,
                ),
                Option(
                    "The state of the notebook",
                    "A check works on copies and never changes what you made.",
                ),
            ),
        ),
        Question(
            "When does Flightline have to make its prediction?",
            (
                Option(
                    "At the flight's actual departure",
                    "By then the passengers sit in the aircraft.",
                ),
                Option(
                    "At its scheduled departure",
                    "Too late: a flight that leaves a minute early is already gone.",
                ),
                Option(
                    "60 minutes before its scheduled departure",
                    "Yes, and nothing that becomes known later may be used.",
                    right=True,
                ),
            ),
        ),
    ),
)
