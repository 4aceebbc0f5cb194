# Verwaltung: ihre Bereiche und was deren Seiten sagen.
administration-scripts = Zum Ändern von Einstellungen wird JavaScript benötigt. Ansehen können Sie alles auch ohne.
administration-group-people = Personen
administration-group-cases = Anfragen
administration-group-promises = Zusagen
administration-group-running = Betrieb
administration-users = Benutzer
administration-teams = Teams
administration-tokens = Zugriffsschlüssel
administration-types = Arten von Anfragen
administration-priorities = Prioritäten
administration-routing = Zuweisung
administration-escalations = Eskalation
administration-policies = SLA-Richtlinien
administration-calendars = Kalender
administration-surveys = Umfragen
administration-mail = Ausgehende E-Mails
administration-jobs = Aufträge
administration-audit = Änderungsprotokoll
administration-about-users = Wer am Desk arbeitet und was wer darf.
administration-about-teams = Wer zusammenarbeitet und woran.
administration-about-tokens = Zugang für Programme und Anbindungen.
administration-about-types = Worum es in einer Anfrage gehen kann.
administration-about-priorities = Wie dringend eine Anfrage sein kann und welche Fristen daraus folgen.
administration-about-routing = Welche Anfrage an wen geht.
administration-about-escalations = Was geschieht, wenn eine Zusage in Gefahr ist.
administration-about-policies = Wie schnell Kunden Antwort und Hilfe erhalten.
administration-about-calendars = Geschäftszeiten und Feiertage.
administration-about-surveys = Was Kunden hinterher gefragt werden.
administration-about-mail = Was gesendet wurde, was wartet, was fehlgeschlagen ist.
administration-about-jobs = Was der Desk von selbst erledigt und was ihm nicht gelungen ist.
administration-about-audit = Wer was wann geändert hat.
overview-dead-jobs = { $count ->
    [one] { $count } Auftrag ist endgültig fehlgeschlagen
   *[other] { $count } Aufträge sind endgültig fehlgeschlagen
}
overview-dead-messages = { $count ->
    [one] { $count } Nachricht konnte nicht zugestellt werden
   *[other] { $count } Nachrichten konnten nicht zugestellt werden
}
overview-unknown-messages = { $count ->
    [one] Bei { $count } Nachricht ist ungewiss, ob sie zugestellt wurde
   *[other] Bei { $count } Nachrichten ist ungewiss, ob sie zugestellt wurden
}
