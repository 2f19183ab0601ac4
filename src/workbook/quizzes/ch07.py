"""The quiz of chapter 07."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=7,
    questions=(
        Question(
            "One run with tuning beats one run without by 0.01 AUC. What do you know?",
            (
                Option(
                    "Tuning is worth 0.01.",
                    "With other flights in the sample the same comparison gives another number, "
                    "perhaps with another sign.",
                ),
                Option(
                    "Little, until both are repeated on the same seeds and days.",
                    "Yes. The spread of the differences tells what 0.01 is worth.",
                    right=True,
                ),
                Option(
                    "Tuning doesn't help, because 0.01 is small.",
                    "It may. A small gain can be real, and a large one can be luck.",
                ),
            ),
        ),
        Question(
            "Why are the two ways scored on the same resampled days?",
            (
                Option(
                    "It saves computing time.",
                    "A little. The reason is another one.",
                ),
                Option(
                    "A bad day lowers both scores, so it drops out of the difference.",
                    "Yes. Pairing takes out what the two have in common.",
                    right=True,
                ),
                Option(
                    "So that the interval contains zero.",
                    "Whether it does is the result, not the aim.",
                ),
            ),
        ),
        Question(
            "You take the best of twenty ways, by their score on the test. What do you report?",
            (
                Option(
                    "Its score on that test",
                    "It was chosen because it came out high there; part of that is luck.",
                ),
                Option(
                    "Its score on days that took no part in choosing it",
                    "Yes. The choice used up the days that it was made on.",
                    right=True,
                ),
                Option(
                    "The mean of the twenty",
                    "That is nobody's score.",
                ),
            ),
        ),
        Question(
            "A model that hasn't seen the labels flags 1,000 of them as hard to believe. What are "
            "they?",
            (
                Option(
                    "Wrong labels: they can be removed.",
                    "On labels without an error it flags as many. Removing them removes the rare "
                    "cases, and the probabilities no longer fit.",
                ),
                Option(
                    "Wrong labels and rare cases: look them up.",
                    "Yes. The list says where to look, not what is true.",
                    right=True,
                ),
                Option(
                    "Cases that the model can't learn: train longer.",
                    "A late flight on a quiet day stays a surprise, however long you train.",
                ),
            ),
        ),
        Question(
            "Which of these would make you doubt an ablation?",
            (
                Option(
                    "One way got five training runs, the other fifty.",
                    "Doubtful: it compares budgets, not ideas.",
                    right=True,
                ),
                Option(
                    "Settings were chosen on the test months.",
                    "Doubtful: the chosen settings had an advantage that no future month gives.",
                    right=True,
                ),
                Option(
                    "Each way was run with the same five seeds.",
                    "That is as it should be: differences can be paired.",
                ),
                Option(
                    "The best of many ways is reported with the interval of a single one.",
                    "Doubtful: each comparison has its own chance to mislead.",
                    right=True,
                ),
            ),
            several=True,
        ),
    ),
)
