# Listen und was zu ihnen führt: Filter, gespeicherte Ansichten, mehrere Anfragen auf einmal, Sprungmenü, Benachrichtigungen, Kunden.
desk-own-teams = Meine Teams
desk-other-teams = Andere Teams
desk-teams = Teams
desk-saved-views = Gespeicherte Ansichten
desk-all-cases = Alle Anfragen
desk-customers = Kunden
desk-jump = Suchen, springen
palette-profile = Profil
palette-help = Hilfebereich
owner-me = Ich
any-due = Jede Frist
any-channel = Jeder Kanal
several-chosen = Mehrere
cases-more-filters = Mehr
cases-none-hint = Entfernen Sie einen Filter oder suchen Sie nach weniger Wörtern.
cases-empty = Es gibt noch keine Anfrage
cases-empty-hint = Anfragen von Kunden erscheinen hier von selbst; mit „Neue Anfrage“ legen Sie eine für jemanden an, der angerufen hat.
view-empty = Hier ist nichts zu tun
view-empty-hint = Was hierher gehört, erscheint von selbst.
list-total = { $count ->
    [one] 1 Anfrage
   *[other] { $shown } Anfragen
}
list-more-than = mehr als { $count } Anfragen
list-remove-filter = diesen Filter entfernen
list-clear = Alle entfernen
list-choose-all = Alle Anfragen dieser Seite auswählen
list-pages = Seiten
list-first-page = Erste Seite
list-rows = Zeilen
list-escalated = Eskaliert
list-new = { $count ->
    [one] 1 neue Anfrage anzeigen
   *[other] { $count } neue Anfragen anzeigen
}
list-new-many = % neue Anfragen anzeigen
list-stale = gehört nicht mehr zu dieser Liste
filter-no = nein
filter-status = Status
filter-account-id = Firma
filter-contact-id = Kunde
filter-case-type-id = Art
filter-priority-id = Priorität
filter-owner-id = Zuständig
filter-team-id = Team
filter-channel = Kanal
filter-parent-case-id = Unteranfragen von
filter-tag = Schlagwörter
filter-tag-match = Welche Schlagwörter zählen
filter-unassigned = Ohne Zuständige
filter-without-team = Ohne Team
filter-is-escalated = Eskaliert
filter-escalation-level = Eskalationsstufe
filter-sla-violated = Ziel verfehlt
filter-sla-clock = Frist
filter-breached = Verfehlt
filter-attained = Eingehalten
filter-overdue = Lösung überfällig
filter-due-before = Lösung fällig vor
filter-reopened = Wieder geöffnet
filter-one-touch = Mit einer Antwort gelöst
filter-csat = Zufriedenheit
filter-created-from = Erstellt ab
filter-created-to = Erstellt bis
filter-resolved-from = Gelöst ab
filter-resolved-to = Gelöst bis
filter-rated-from = Bewertet ab
filter-rated-to = Bewertet bis
filter-surveyed = Umfrage beantwortet
filter-nps = Weiterempfehlung
filter-answered-from = Beantwortet ab
filter-answered-to = Beantwortet bis
filter-updated-since = Geändert seit
saved-title = Gespeicherte Ansicht
saved-new = Als Ansicht speichern
saved-edit = Ansicht bearbeiten
saved-keep = Diese Filter behalten
saved-delete = Ansicht löschen
saved-audience = Wer sie sieht
saved-audience-me = Nur ich
saved-audience-team = Das Team { $team }
saved-audience-desk = Alle am Desk
saved-shared-team = { $team }
saved-shared-desk = Für alle
bulk-title = Mehrere Anfragen ändern
bulk-chosen = { $count ->
    [one] 1 Anfrage ausgewählt
   *[other] { $count } Anfragen ausgewählt
}
bulk-chosen-many = % Anfragen ausgewählt
bulk-add-tags = Schlagwörter hinzufügen
bulk-remove-tags = Schlagwörter entfernen
bulk-apply = Ändern
bulk-changed = { $count ->
    [one] 1 Anfrage wurde geändert.
   *[other] { $count } Anfragen wurden geändert.
}
bulk-refused = { $count ->
    [one] 1 Anfrage wurde nicht geändert
   *[other] { $count } Anfragen wurden nicht geändert
}
bulk-back = Zurück zur Liste
palette-title = Springen zu
palette-places = Springen zu
palette-hint = Eine Seite, eine Anfrage, ein Kunde, ein Artikel
palette-commands = Befehle
palette-assign = Mir zuweisen
palette-none = Nichts heißt so
find-title = Suche
find-go = Suchen
find-cases = In allen Anfragen suchen
keys-title = Tasten
keys-j = Nächste Zeile; bei einer Anfrage die nächste ihrer Liste
keys-k = Vorige Zeile; bei einer Anfrage die vorige ihrer Liste
keys-o = Öffnen
keys-x = Zeile auswählen
keys-e = Status, Zuständige, Team, Priorität ändern
keys-r = Antworten
keys-n = Interne Notiz
keys-slash = Suchen
keys-question = Diese Liste
keys-palette = Überallhin springen
notifications-unread = Ungelesen
notifications-all = Alle
notifications-mark = Als gelesen markieren
notifications-mark-all = Alle als gelesen markieren
notifications-none = Nichts Neues
notifications-none-hint = Antworten, Zuweisungen, Eskalationen und Fristen Ihrer Anfragen erfahren Sie hier.
notifications-new = Es gibt Neues: anzeigen
notification-comment-added = Neuer Kommentar
notification-breached = Ein Ziel wurde verfehlt
notification-warned = Eine Frist rückt näher
notification-status-changed = Wieder geöffnet
notification-changed = Ihnen zugewiesen
notification-created = Neue Anfrage für Sie
notification-escalated = Eskaliert
notification-by = von { $name }
customers-kind = Art des Kunden
customers-contacts = Personen
customers-accounts = Firmen
customers-add-contact = Person hinzufügen
customers-add-account = Firma hinzufügen
customers-search = Anfang eines Namens oder einer E-Mail-Adresse
customers-none = Niemand heißt so
customers-none-hint = Suchen Sie nach dem Anfang des Namens oder der E-Mail-Adresse.
customers-details = Angaben
customers-since = Kunde seit { $date }
customers-no-case = Keine Anfragen
customers-no-case-hint = Dieser Kunde hat noch nichts gefragt.
customers-no-contact = Noch niemand.
customers-all-cases = Alle Anfragen
customers-as-list = Als Liste
customers-see-all = Personen dieser Firma sehen gegenseitig ihre Anfragen
customer-phone = Telefon
customer-language = Sprache
customer-tier = Stufe
customer-domain = Domain
customer-time-zone = Zeitzone
new-customer-hint = Name, E-Mail-Adresse oder Nummer von jemandem, der bekannt ist.
new-meant = Wer ist gemeint?
new-contact = Jemand Neues
new-tags-hint = durch Kommas getrennt
