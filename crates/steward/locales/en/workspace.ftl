# Lists and what leads to them: filters, saved views, many cases at once, going anywhere, notifications, customers.
desk-own-teams = My teams
desk-other-teams = Other teams
desk-teams = Teams
desk-saved-views = Saved views
desk-all-cases = All cases
desk-customers = Customers
desk-jump = Search, go to
palette-profile = Profile
palette-help = Help center
owner-me = Me
any-due = Any deadline
any-channel = Any channel
several-chosen = Several
cases-more-filters = More
cases-none-hint = Take a filter away, or search for fewer words.
cases-empty = There is no case yet
cases-empty-hint = Cases of customers come here by themselves; “New case” opens one for somebody who called.
view-empty = Nothing to do here
view-empty-hint = What belongs here appears by itself.
list-total = { $count ->
    [one] 1 case
   *[other] { $shown } cases
}
list-more-than = more than { $count } cases
list-remove-filter = take this filter away
list-clear = Clear all
list-choose-all = Choose all cases on this page
list-pages = Pages
list-first-page = First page
list-rows = Rows
list-escalated = Escalated
list-new = { $count ->
    [one] 1 new case: show it
   *[other] { $count } new cases: show them
}
list-new-many = % new cases: show them
list-stale = does not belong to this list any more
filter-no = no
filter-status = Status
filter-account-id = Account
filter-contact-id = Customer
filter-case-type-id = Type
filter-priority-id = Priority
filter-owner-id = Owner
filter-team-id = Team
filter-channel = Channel
filter-parent-case-id = Children of case
filter-tag = Tags
filter-tag-match = Tags that count
filter-unassigned = Without owner
filter-without-team = Without team
filter-is-escalated = Escalated
filter-escalation-level = Escalation level
filter-sla-violated = Missed a target
filter-sla-clock = Deadline
filter-breached = Missed
filter-attained = Attained
filter-overdue = Resolution overdue
filter-due-before = Resolution due before
filter-reopened = Reopened
filter-one-touch = Solved with one answer
filter-csat = Satisfaction
filter-created-from = Created from
filter-created-to = Created until
filter-resolved-from = Resolved from
filter-resolved-to = Resolved until
filter-rated-from = Rated from
filter-rated-to = Rated until
filter-surveyed = Answered a survey
filter-nps = Recommendation
filter-answered-from = Answered from
filter-answered-to = Answered until
filter-updated-since = Changed since
saved-title = Saved view
saved-new = Save as a view
saved-edit = Edit view
saved-keep = Keep these filters
saved-delete = Delete view
saved-audience = Who sees it
saved-audience-me = Only I
saved-audience-team = The team { $team }
saved-audience-desk = Everybody on the desk
saved-shared-team = { $team }
saved-shared-desk = For everybody
bulk-title = Change several cases
bulk-chosen = { $count ->
    [one] 1 case chosen
   *[other] { $count } cases chosen
}
bulk-chosen-many = % cases chosen
bulk-add-tags = Add tags
bulk-remove-tags = Remove tags
bulk-apply = Change
bulk-changed = { $count ->
    [one] 1 case was changed.
   *[other] { $count } cases were changed.
}
bulk-refused = { $count ->
    [one] 1 case was not changed
   *[other] { $count } cases were not changed
}
bulk-back = Back to the list
palette-title = Go to
palette-places = Go to
palette-hint = A page, a case, a customer, an article
palette-commands = Commands
palette-assign = Assign to me
palette-none = Nothing is called so
find-title = Search
find-go = Search
find-cases = Search in all cases
keys-title = Keys
keys-j = Next row; on a case, the next one of its list
keys-k = Previous row; on a case, the previous one of its list
keys-o = Open
keys-x = Choose the row
keys-e = Change status, owner, team, priority
keys-r = Reply
keys-n = Internal note
keys-slash = Search
keys-question = This list
keys-palette = Go anywhere
notifications-unread = Unread
notifications-all = All
notifications-mark = Mark as read
notifications-mark-all = Mark all as read
notifications-none = Nothing new
notifications-none-hint = Replies, assignments, escalations and deadlines of your cases are told here.
notifications-new = There is something new: show it
notification-comment-added = New comment
notification-breached = A target was missed
notification-warned = A deadline comes near
notification-status-changed = Reopened
notification-changed = Assigned to you
notification-created = New case for you
notification-escalated = Escalated
notification-by = by { $name }
customers-kind = Kind of customer
customers-contacts = People
customers-accounts = Accounts
customers-add-contact = Add a person
customers-add-account = Add an account
customers-search = Beginning of a name or e-mail address
customers-none = Nobody is called so
customers-none-hint = Search for the beginning of the name or of the e-mail address.
customers-details = Details
customers-since = Customer since { $date }
customers-no-case = No cases
customers-no-case-hint = This customer has not asked anything yet.
customers-no-contact = Nobody yet.
customers-all-cases = All cases
customers-as-list = As a list
customers-see-all = Its people see the cases of each other
customer-phone = Phone
customer-language = Language
customer-tier = Tier
customer-domain = Domain
customer-time-zone = Time zone
new-customer-hint = Name, e-mail address or number of somebody who is known.
new-meant = Who is meant?
new-contact = Somebody new
new-tags-hint = separated by commas
