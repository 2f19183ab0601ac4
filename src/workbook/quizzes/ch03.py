"""The quiz of chapter 03."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=3,
    questions=(
        Question(
            "A release is rolled back on Monday, and its changes go out again on Tuesday. When "
            "does the lead time of these changes end?",
            (
                Option(
                    "On Monday, when they first reached production",
                    "Yes. The failure shows in the change fail rate and in the recovery time.",
                    right=True,
                ),
                Option(
                    "On Tuesday, when they worked",
                    "Then one failure would count in two metrics at once, and the lead time would "
                    "depend on the tests.",
                ),
                Option(
                    "On both days: they count twice",
                    "Then a failure would add changes that nobody wrote.",
                ),
            ),
        ),
        Question(
            "Lead time rose by 12 per cent this week. The week lies inside the natural process "
            "limits. What do you tell the team?",
            (
                Option(
                    "Find out what went wrong this week.",
                    "Probably nothing did. Looking for the cause of noise costs time and finds "
                    "something to blame.",
                ),
                Option(
                    "Nothing about this week: such weeks belong to how we work now.",
                    "Yes. To get other weeks, change the process, then look for a signal.",
                    right=True,
                ),
                Option(
                    "That the process is good.",
                    "Inside the limits means predictable. A process can be predictably slow.",
                ),
            ),
        ),
        Question(
            "From the record: smaller releases cut the change fail rate to a quarter. What else do "
            "you have to look at before you say that less breaks?",
            (
                Option(
                    "Failures per change, and hours in which something was broken",
                    "Yes. More deployments lower the rate by themselves.",
                    right=True,
                ),
                Option(
                    "Nothing: the rate is DORA's measure of failure.",
                    "It is a share of deployments, and their number more than tripled per week.",
                ),
                Option(
                    "The lead time",
                    "It tells how fast changes arrive, not what they break.",
                ),
            ),
        ),
        Question(
            "Why is a batch of one change not the fastest in the simulation, when reviews are "
            "slow?",
            (
                Option(
                    "Small changes have more faults.",
                    "In the model a change is faulty with the same chance in any batch.",
                ),
                Option(
                    "Each batch pays for a whole run of the pipeline, and the line has no time "
                    "left.",
                    "Yes. A line that is busy nearly always has a long queue. A faster pipeline "
                    "makes smaller batches possible.",
                    right=True,
                ),
                Option(
                    "A batch of one waits for the next change.",
                    "It waits for none: it is full at once.",
                ),
            ),
        ),
        Question(
            "Which of these belong in a blameless post-mortem?",
            (
                Option(
                    "What each person saw and did, and when",
                    "It does. Without fear of punishment people can tell it.",
                    right=True,
                ),
                Option(
                    "Which condition let the mistake reach the users",
                    "It does: it is what can be changed.",
                    right=True,
                ),
                Option(
                    "Who should have been more careful",
                    "It doesn't. Anybody would have been in the same place on another day, and "
                    "care can't be deployed.",
                ),
                Option(
                    "What will be changed, and how you will see that it helped",
                    "It does: that is the plan and the check of the next round.",
                    right=True,
                ),
            ),
            several=True,
        ),
    ),
)
