"""The quiz of chapter 10."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=10,
    questions=(
        Question(
            "Two runs have the same parameters, seed and commit, and other results. Where do you "
            "look first?",
            (
                Option(
                    "At the data's digest and at uncommitted changes",
                    "Right: neither the parameters nor the commit know of a table that was made "
                    "again or a file that was edited.",
                    right=True,
                ),
                Option(
                    "At the random numbers",
                    "The seed is the same, and this training runs on one thread.",
                ),
                Option(
                    "At the learning rate",
                    "It is a parameter, and they are the same, unless a default wasn't logged.",
                ),
            ),
        ),
        Question(
            "Which of these is a digest of a table that you can trust?",
            (
                Option(
                    "A hash of its printed form",
                    "A long table is printed with its ends only.",
                ),
                Option(
                    "Its number of rows and its file's date",
                    "A value can change and leave both as they are.",
                ),
                Option(
                    "A hash of every row in order, with the columns' names and types",
                    "Yes. Any change of what the model sees changes it.",
                    right=True,
                ),
            ),
        ),
        Question(
            "The intervals of two models' costs overlap. What follows?",
            (
                Option(
                    "They are equally good.",
                    "That no difference is seen doesn't show that there is none.",
                ),
                Option(
                    "Nothing yet: look at the interval of their difference on the same flights.",
                    "Yes. What both share, such as the weather, drops out of the difference.",
                    right=True,
                ),
                Option(
                    "The one with the lower mean is better.",
                    "It is the better guess. With 43 models, the lowest is partly luck.",
                ),
            ),
        ),
        Question(
            "Fifteen other runs can't be told from the best. Which do you take?",
            (
                Option(
                    "The one with the lowest mean, whatever it needs",
                    "The data don't support that it is better, and you may pay for it every day.",
                ),
                Option(
                    "The simplest and smallest of the sixteen",
                    "Yes: where the score doesn't decide, take what is cheaper to run and to "
                    "understand.",
                    right=True,
                ),
                Option(
                    "None, until one wins clearly",
                    "Any of them is as good as can be told. Waiting has a cost as well.",
                ),
            ),
        ),
        Question(
            "Which of these did autolog not record?",
            (
                Option(
                    "A score on flights that the model hadn't learned from",
                    "Right: it sees the call of fit and the data in it.",
                    right=True,
                ),
                Option(
                    "The versions of the packages",
                    "It lists them in files beside the model, which it logs by default.",
                ),
                Option(
                    "Defaults that nobody passed",
                    "It logged all parameters of the estimator, defaults too.",
                ),
                Option(
                    "Which labels the table had",
                    "Right: MLflow's own digest skips columns of True and False.",
                    right=True,
                ),
            ),
            several=True,
        ),
    ),
)
