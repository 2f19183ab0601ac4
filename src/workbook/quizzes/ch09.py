"""The quiz of chapter 09."""

from workbook.quizzing import Option, Question, Quiz

QUIZ = Quiz(
    chapter=9,
    questions=(
        Question(
            "What do the offline and the online store have in common?",
            (
                Option(
                    "The rows: both keep the whole history.",
                    "The online store keeps one row for each entity, the last that was written.",
                ),
                Option(
                    "The definitions: names, entities, types and TTL are written once.",
                    "Yes. A value then means the same on both sides, which is what it is for.",
                    right=True,
                ),
                Option(
                    "The database: one of them is a copy of the other.",
                    "They may be any two: here Parquet files, and SQLite, Redis or PostgreSQL.",
                ),
            ),
        ),
        Question(
            "A retrieval returns 5,000 rows for 5,000 flights. Is it complete?",
            (
                Option(
                    "Yes, the count is right.",
                    "One lost and one doubled row give the same count.",
                ),
                Option(
                    "Yes, if the store raises no error.",
                    "The file store raised none either when it lost rows.",
                ),
                Option(
                    "Only if each flight is there once.",
                    "Yes: give each question a number, and look at which numbers come back.",
                    right=True,
                ),
            ),
        ),
        Question(
            "The job has been down since yesterday. What does the feature server answer?",
            (
                Option(
                    "The last values, with the status PRESENT and their time.",
                    "Yes. It's for whoever reads them to compare that time with the TTL.",
                    right=True,
                ),
                Option(
                    "Nothing: the TTL has passed.",
                    "The TTL bounds what training sees. The server of this chapter ignores it.",
                ),
                Option(
                    "An error with the status 503",
                    "The server is up and has values. It doesn't know when a new one was due.",
                ),
            ),
        ),
        Question(
            "An older row is written after a newer one. Which value is served?",
            (
                Option(
                    "The newer one: the store compares times.",
                    "Redis does. SQLite and PostgreSQL keep whatever was written last.",
                ),
                Option(
                    "It depends on the online store.",
                    "Yes, and so a job that repeats an old day can't be run without care.",
                    right=True,
                ),
                Option(
                    "The older one, whatever the store.",
                    "With Redis the newer one stays.",
                ),
            ),
        ),
        Question(
            "Which statements about a TTL are true?",
            (
                Option(
                    "It has to be at least the time between two rows.",
                    "True: else values expire on a day on which nothing is wrong.",
                    right=True,
                ),
                Option(
                    "Shorter is safer.",
                    "No value at all cost more than one that was a few hours old.",
                ),
                Option(
                    "Training and serving have to apply the same one.",
                    "True: a value that training never saw is skew.",
                    right=True,
                ),
                Option(
                    "It deletes the old rows.",
                    "It only says which ones count. The rows stay where they are.",
                ),
            ),
            several=True,
        ),
    ),
)
