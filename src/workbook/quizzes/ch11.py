"""The quiz of chapter 11."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=11,
    questions=(
        Question(
            "A challenger passes the gate, and its signature is the champion's. What may still be "
            "wrong?",
            (
                Option(
                    "The unit of an input",
                    "Right: hours and minutes are both doubles. Only its answers in operation "
                    "show it.",
                    right=True,
                ),
                Option(
                    "The name of an input",
                    "The signature holds the names, and one that isn't served is an objection.",
                ),
                Option(
                    "Its error on the judged flights",
                    "That is the one thing the gate has measured.",
                ),
            ),
        ),
        Question(
            "Two servers report a p99 of 20 ms and of 500 ms. What is the p99 of all requests?",
            (
                Option(
                    "260 ms",
                    "The mean of two percentiles is the latency of nobody.",
                ),
                Option(
                    "500 ms, the worse of the two",
                    "Only if the slower server has enough of the requests; with one in a "
                    "thousand it hardly matters.",
                ),
                Option(
                    "The two numbers don't tell",
                    "Yes. Percentiles come from all requests together.",
                    right=True,
                ),
            ),
        ),
        Question(
            "The answers for a canary's first day look bad: one test at 5 % says so. Why not stop?",
            (
                Option(
                    "With a test each day the false-alarm rate is far above 5 %.",
                    "Yes: on real flights about one good canary in four was stopped.",
                    right=True,
                ),
                Option(
                    "A canary must last a fixed time.",
                    "A sequential rule may end on any day. It was built for looking each day.",
                ),
                Option(
                    "One day is never enough.",
                    "With enough flights and enough harm it is; the evidence says when.",
                ),
            ),
        ),
        Question(
            "Why is a canary compared with the champion of the same days, not of last month?",
            (
                Option(
                    "Last month's flights are no longer stored.",
                    "They are. The trouble is what they would be compared with.",
                ),
                Option(
                    "Last month had other weather and another season.",
                    "Yes. A number from the past blames the canary for the season, or hides its "
                    "harm behind a calm one.",
                    right=True,
                ),
                Option(
                    "It needs fewer flights.",
                    "It needs more: the champion's flights are noisy too. What you get is a fair "
                    "comparison.",
                ),
            ),
        ),
        Question(
            "Which of these did the rollback under load need?",
            (
                Option(
                    "A history of which version served when",
                    "Yes: an alias alone doesn't know where it pointed before.",
                    right=True,
                ),
                Option(
                    "A pointer that is replaced as a whole",
                    "Yes: whoever reads it finds the old deployment or the new one.",
                    right=True,
                ),
                Option(
                    "Requests that keep the model they began with",
                    "Yes: the switch is one assignment, and nobody is left between two models.",
                    right=True,
                ),
                Option(
                    "A restart of the server",
                    "It would have lost requests for as long as its imports take.",
                ),
            ),
            several=True,
        ),
    ),
)
