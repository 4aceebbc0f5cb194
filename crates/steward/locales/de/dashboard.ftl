# Die Übersicht: wie es steht und wie ein Zeitraum war; und was Umfragen ergeben haben.
dashboard-period = Zeitraum
dashboard-days = { $days } Tage
dashboard-from = Von
dashboard-to = Bis
dashboard-zone = Zeitzone
dashboard-show = Anzeigen
dashboard-fault = So lässt sich das nicht anzeigen:
dashboard-of = { $period }, Tage in { $zone }. Verglichen wird mit ebenso vielen Tagen davor.
dashboard-none = Noch keine Anfrage
dashboard-none-hint = Sobald Kunden schreiben, sehen Sie hier, wie viele Anfragen eingehen und gelöst werden, wie schnell, was Kunden dazu sagen und was Sie braucht.
dashboard-none-fits = Keine Anfrage passt
dashboard-none-fits-hint = Zu dieser Auswahl gehört keine Anfrage. Wählen Sie oben andere Zuständige oder ein anderes Team.
dashboard-headlines = Auf einen Blick
dashboard-created = Eingegangen
dashboard-resolved = Gelöst
dashboard-open-now = Jetzt offen
dashboard-missed = Ziel verfehlt
dashboard-missed-short = verfehlt
dashboard-missed-head = Verfehlt
dashboard-met = eingehalten
dashboard-first-response = Erste Antwort (Median)
dashboard-resolution = Lösung (Median)
dashboard-reopened = Wieder geöffnet
dashboard-one-touch = Mit einer Antwort gelöst
dashboard-csat = Zufriedenheit
dashboard-nps = Weiterempfehlung (NPS)
dashboard-ces = Aufwand für Kunden
dashboard-same = wie zuvor
dashboard-from-none = zuvor keine
dashboard-more = { $by } % mehr
dashboard-less = { $by } % weniger
dashboard-longer = { $by } % länger
dashboard-shorter = { $by } % kürzer
dashboard-points-up = { $by } Punkte mehr
dashboard-points-down = { $by } Punkte weniger
dashboard-higher = { $by } höher
dashboard-lower = { $by } niedriger
dashboard-before = zuvor: { $value }
dashboard-csv = dieses Abschnitts
dashboard-attention = Braucht Aufmerksamkeit
dashboard-overdue = überfällig
dashboard-due-soon = in 4 Stunden fällig
dashboard-escalated = eskaliert
dashboard-long-unassigned = seit einem Tag ohne Zuständige
dashboard-is-escalated = Eskaliert
dashboard-calm = Nichts ist überfällig, und nichts Dringendes ist offen.
dashboard-why = Warum
dashboard-no-owner = Niemand zuständig
dashboard-no-team = Kein Team
dashboard-trend = Eingegangen und gelöst
dashboard-trend-name = Diagramm der Tage: { $created } Anfragen eingegangen, { $resolved } gelöst
dashboard-stretch = { $created } eingegangen, { $resolved } gelöst
dashboard-stretch-resolved = { $resolved } gelöst
dashboard-as-table = Als Tabelle
dashboard-day = Tag
dashboard-by-priority = Nach Priorität
dashboard-by-type = Nach Art
dashboard-by-channel = Nach Kanal
dashboard-by-status = Alle Anfragen nach Status
dashboard-by-owner = Nach Zuständigen
dashboard-by-team = Nach Team
dashboard-cases = Anfragen
dashboard-backlog = Offene Anfragen nach Alter
dashboard-age-below = unter { $to ->
    [one] einem Tag
   *[other] { $to } Tagen
}
dashboard-age-between = { $from } bis { $to } Tage
dashboard-age-above = { $from } Tage und mehr
dashboard-targets = Ziele eingehalten
dashboard-no-targets = Keine Anfrage hatte dieses Ziel.
dashboard-times = Wie lange es dauerte
dashboard-times-before = im Zeitraum davor
dashboard-times-hint = Erste Antworten der eingegangenen Anfragen, Lösungszeiten der gelösten. Neun von zehn brauchten höchstens so lange wie das 90. Perzentil.
dashboard-first-response-times = Erste Antwort
dashboard-resolution-times = Lösung
dashboard-median = Median
dashboard-mean = Mittel
dashboard-p90 = 90. Perzentil
dashboard-satisfaction = Was Kunden sagen
dashboard-of-five = von 5
dashboard-of-seven = von 7
dashboard-interval = { $low } bis { $high } mit 95 % Sicherheit
dashboard-ratings = bewertet
dashboard-no-ratings = In diesem Zeitraum hat niemand eine Anfrage bewertet.
dashboard-no-answers = In diesem Zeitraum wurde keine solche Umfrage beantwortet.
dashboard-answers = { $count ->
    [one] eine Antwort
   *[other] { $count } Antworten
}
dashboard-answers-head = Antworten
dashboard-of-cases = { $count ->
    [one] Anfrage
   *[other] Anfragen
}
dashboard-promoters = Empfehlende (9–10)
dashboard-passives = Unentschiedene (7–8)
dashboard-detractors = Kritische (0–6)
dashboard-score = { $score } von 5
dashboard-score-head = Bewertung
dashboard-surveys = Umfragen
dashboard-recent = Neueste Bewertungen
dashboard-others = { $count ->
    [one] ein weiterer Eintrag
   *[other] { $count } weitere
}
dashboard-violated = In diesem Zeitraum verfehlte Ziele
dashboard-late-by = Verspätung
dashboard-when = Wann
survey-reach = Wer gefragt wurde
survey-invited = Eingeladen
survey-sent = Versandt
survey-opened = Geöffnet
survey-answered = Beantwortet
survey-submissions = Antworten insgesamt
survey-rate = Rücklauf
survey-between = mit 95 % Sicherheit { $interval }
survey-mean = Mittel { $mean }
survey-former = wird nicht mehr gefragt
survey-value = Antwort
survey-share = Anteil
survey-interval = 95-%-Intervall
survey-comments = Was geschrieben wurde
survey-no-comments = Noch hat niemand etwas geschrieben.
survey-no-questions = Noch keine Fragen
survey-no-questions-hint = Sobald die Umfrage Fragen hat, werden hier die Antworten gezählt.
