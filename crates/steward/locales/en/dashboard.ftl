# The dashboard: how the desk stands, and how a period of it went; and what surveys have brought.
dashboard-period = Period
dashboard-days = { $days } days
dashboard-from = From
dashboard-to = To
dashboard-zone = Time zone
dashboard-show = Show
dashboard-fault = This cannot be shown as asked:
dashboard-of = { $period }, days of { $zone }. Changes are against as many days before.
dashboard-none = No case yet
dashboard-none-hint = Once customers write, you will see here how many cases come and are resolved, how fast, what they say of it, and what needs you.
dashboard-none-fits = No case fits
dashboard-none-fits-hint = No case belongs to this owner and team. Choose others above, or any.
dashboard-headlines = At a glance
dashboard-created = Created
dashboard-resolved = Resolved
dashboard-open-now = Open now
dashboard-missed = Missed a target
dashboard-missed-short = missed
dashboard-missed-head = Missed
dashboard-met = met
dashboard-first-response = First response (median)
dashboard-resolution = Time to resolve (median)
dashboard-reopened = Reopened
dashboard-one-touch = Solved in one answer
dashboard-csat = Satisfaction
dashboard-nps = Net promoter score
dashboard-ces = Customer effort
dashboard-same = as before
dashboard-from-none = none before
dashboard-more = { $by } % more
dashboard-less = { $by } % fewer
dashboard-longer = { $by } % longer
dashboard-shorter = { $by } % shorter
dashboard-points-up = { $by } points more
dashboard-points-down = { $by } points less
dashboard-higher = { $by } higher
dashboard-lower = { $by } lower
dashboard-before = before: { $value }
dashboard-csv = of this section
dashboard-attention = Needs attention
dashboard-overdue = overdue
dashboard-due-soon = due within 4 hours
dashboard-escalated = escalated
dashboard-long-unassigned = a day without an owner
dashboard-is-escalated = Escalated
dashboard-calm = Nothing is overdue and nothing urgent is open.
dashboard-why = Why
dashboard-no-owner = No owner
dashboard-no-team = No team
dashboard-trend = Created and resolved
dashboard-trend-name = Chart of days: { $created } cases created, { $resolved } resolved
dashboard-stretch = { $created } created, { $resolved } resolved
dashboard-stretch-resolved = { $resolved } resolved
dashboard-as-table = As a table
dashboard-day = Day
dashboard-by-priority = By priority
dashboard-by-type = By type
dashboard-by-channel = By channel
dashboard-by-status = All cases by status
dashboard-by-owner = By owner
dashboard-by-team = By team
dashboard-cases = Cases
dashboard-backlog = Open cases by age
dashboard-age-below = less than { $to ->
    [one] a day
   *[other] { $to } days
}
dashboard-age-between = { $from } to { $to } days
dashboard-age-above = { $from } days and more
dashboard-targets = Targets met
dashboard-no-targets = No case had this target.
dashboard-times = How long it took
dashboard-times-before = in the period before
dashboard-times-hint = First responses of the cases created, resolutions of the cases resolved. Nine of ten took no longer than the 90th percentile.
dashboard-first-response-times = First response
dashboard-resolution-times = Resolution
dashboard-median = Median
dashboard-mean = Mean
dashboard-p90 = 90th percentile
dashboard-satisfaction = What customers say
dashboard-of-five = of 5
dashboard-of-seven = of 7
dashboard-interval = { $low } to { $high } with 95 % confidence
dashboard-ratings = rated
dashboard-no-ratings = Nobody has rated a case in this period.
dashboard-no-answers = No survey of this kind was answered in this period.
dashboard-answers = { $count ->
    [one] one answer
   *[other] { $count } answers
}
dashboard-answers-head = Answers
dashboard-of-cases = { $count ->
    [one] case
   *[other] cases
}
dashboard-promoters = Promoters (9–10)
dashboard-passives = Passives (7–8)
dashboard-detractors = Detractors (0–6)
dashboard-score = { $score } of 5
dashboard-score-head = Score
dashboard-surveys = Surveys
dashboard-recent = Latest ratings
dashboard-others = { $count ->
    [one] one more
   *[other] { $count } more
}
dashboard-violated = Targets missed in this period
dashboard-late-by = Late by
dashboard-when = When
survey-reach = Who was asked
survey-invited = Invited
survey-sent = Sent
survey-opened = Opened
survey-answered = Answered
survey-submissions = Answers in all
survey-rate = Response rate
survey-between = with 95 % confidence { $interval }
survey-mean = mean { $mean }
survey-former = asked no more
survey-value = Answer
survey-share = Share
survey-interval = 95 % interval
survey-comments = What they wrote
survey-no-comments = Nobody has written anything yet.
survey-no-questions = No questions yet
survey-no-questions-hint = Once the survey has questions, their answers are counted here.
