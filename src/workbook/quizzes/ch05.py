"""The quiz of chapter 05."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=5,
    questions=(
        Question(
            "A gust of 67 mph is far from every other gust of its month. What do you do?",
            (
                Option(
                    "Remove it: more than three standard deviations is an outlier.",
                    "Then you remove storms, and it is in storms that flights are late.",
                ),
                Option(
                    "Keep it: it is below what has been measured on Earth.",
                    "Yes. Rare is not impossible, and a limit doesn't come from the sample.",
                    right=True,
                ),
                Option(
                    "Replace it by the mean, so that no row is lost.",
                    "That invents a calm hour in the middle of a storm.",
                ),
            ),
        ),
        Question(
            "By New York's clock, two rows of weather have the same key. Which is true?",
            (
                Option(
                    "One is a duplicate and can be dropped.",
                    "Both hours took place. Dropping one loses an hour of weather.",
                ),
                Option(
                    "The key is wrong: when clocks go back, an hour has the name of another.",
                    "Yes. In UTC every hour occurs once.",
                    right=True,
                ),
                Option(
                    "The station was broken that night.",
                    "It happened at all three stations, in the night of the clock change.",
                ),
            ),
        ),
        Question(
            "Which of these can a schema of rows notice?",
            (
                Option(
                    "A humidity of 104 per cent",
                    "Yes: the value by itself is outside of its range.",
                    right=True,
                ),
                Option(
                    "A day that is missing",
                    "No: there is no row to look at. Compare with the hours that must be there.",
                ),
                Option(
                    "A column that was renamed",
                    "Yes: a promised column isn't there.",
                    right=True,
                ),
                Option(
                    "Wind in knots in place of miles per hour",
                    "No: every value in knots is a plausible value in miles per hour.",
                ),
            ),
            several=True,
        ),
        Question(
            "You join the weather to the flights. What does `validate='many_to_one'` promise?",
            (
                Option(
                    "That every flight finds its weather",
                    "No: a flight without weather passes. `how` decides whether it is kept.",
                ),
                Option(
                    "That weather has no two rows with the same key, so no flight is multiplied",
                    "Yes, and where it has, the join stops.",
                    right=True,
                ),
                Option(
                    "That duplicates are removed before the join",
                    "It removes nothing. Which of two rows is right isn't the join's to decide.",
                ),
            ),
        ),
        Question(
            "Why quarantine a row rather than drop it?",
            (
                Option(
                    "Because somebody can look: the rows are kept, with the reason.",
                    "Yes. And the counts add up, so that a loss can't hide.",
                    right=True,
                ),
                Option(
                    "Because models need as many rows as they can get",
                    "The model gets the accepted rows in both cases.",
                ),
                Option(
                    "Because the row will be right once it is checked again",
                    "It stays as wrong as it was until somebody mends it at the source.",
                ),
            ),
        ),
    ),
)
