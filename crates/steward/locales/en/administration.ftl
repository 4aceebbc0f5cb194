# Administration: its sections, and what their pages say.
administration-scripts = Changing settings needs JavaScript. You can look at everything without it.
administration-group-people = People
administration-group-cases = Cases
administration-group-promises = Promises
administration-group-running = Running
administration-users = Users
administration-teams = Teams
administration-tokens = Tokens
administration-types = Case types
administration-priorities = Priorities
administration-routing = Assignment
administration-escalations = Escalation
administration-policies = SLA policies
administration-calendars = Calendars
administration-surveys = Surveys
administration-mail = Outbound mail
administration-jobs = Jobs
administration-audit = Audit log
administration-about-users = Who works the desk, and what each may do.
administration-about-teams = Who works together, and on what.
administration-about-tokens = Access for programs and integrations.
administration-about-types = What a case can be about.
administration-about-priorities = How urgent a case can be, and the hours that this demands.
administration-about-routing = Which case goes to whom.
administration-about-escalations = What happens when a promise is in danger.
administration-about-policies = How soon customers are answered and helped.
administration-about-calendars = Business hours and holidays.
administration-about-surveys = What customers are asked afterwards.
administration-about-mail = What was sent, what waits, what failed.
administration-about-jobs = Work that the desk does by itself, and what it could not do.
administration-about-audit = Who changed what, and when.
overview-dead-jobs = { $count ->
    [one] { $count } job has failed for good
   *[other] { $count } jobs have failed for good
}
overview-dead-messages = { $count ->
    [one] { $count } message could not be delivered
   *[other] { $count } messages could not be delivered
}
overview-unknown-messages = { $count ->
    [one] { $count } message may or may not have been delivered
   *[other] { $count } messages may or may not have been delivered
}
