"""The quiz of chapter 01."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=1,
    questions=(
        Question(
            "Why did the model with `dep_delay` score so well?",
            (
                Option(
                    "Gradient boosting handles delays well.",
                    "Any algorithm would have. The column nearly is the answer.",
                ),
                Option(
                    "It knew something that nobody knows an hour before departure.",
                    "Yes. A leak shows as a score that is too good, never as an error.",
                    right=True,
                ),
                Option(
                    "It was trained on a sample.",
                    "The sample makes the score a little worse, not better.",
                ),
            ),
        ),
        Question(
            "A model warns of nobody. One flight in six is late. What do you get?",
            (
                Option(
                    "An accuracy above 0.8 and a recall of 0",
                    "Yes: accuracy counts the silence as success, recall asks about late flights.",
                    right=True,
                ),
                Option(
                    "An accuracy of 0 and a recall of 0",
                    "Accuracy counts every flight that was on time as right: five in six.",
                ),
                Option(
                    "An accuracy of 0.5, like guessing",
                    "Guessing at random would; always saying the frequent answer does better.",
                ),
            ),
        ),
        Question(
            "Why does a random split flatter a model with `month` and `day` among its features?",
            (
                Option(
                    "The test set is too small.",
                    "It holds more than 100,000 flights. Size isn't the trouble.",
                ),
                Option(
                    "The same flights are in both parts.",
                    "No flight is. Its neighbours of the same day are.",
                ),
                Option(
                    "The model has seen other flights of the very day that it is asked about.",
                    "Yes. It can recognise a bad day; of tomorrow it knows no flight.",
                    right=True,
                ),
            ),
        ),
        Question(
            "Warnings are right, and nobody acts on them. Where do you start?",
            (
                Option(
                    "Models: raise the AUC.",
                    "A better warning that nobody acts on is worth as much as this one.",
                ),
                Option(
                    "Business: ask what a warning changes and what it costs.",
                    "Yes. A prediction is worth something once it changes a decision.",
                    right=True,
                ),
                Option(
                    "DevOps: release more often.",
                    "You would deliver more often what nobody uses.",
                ),
            ),
        ),
        Question(
            "Which of these does a notebook with a good score leave open?",
            (
                Option(
                    "Which data and which code made the model",
                    "Open: the file on the laptop doesn't say.",
                    right=True,
                ),
                Option(
                    "Who is told when it stops being good",
                    "Open: nobody measures it next month.",
                    right=True,
                ),
                Option(
                    "The score on its own test set",
                    "That one it answers. It is the others that are missing.",
                ),
                Option(
                    "Whether a new version can be taken back",
                    "Open: nothing was released, so nothing can be undone.",
                    right=True,
                ),
            ),
            several=True,
        ),
    ),
)
