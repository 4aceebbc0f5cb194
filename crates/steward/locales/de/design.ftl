# Die Seite aller Bausteine.
design-title = Bausteine
design-about = Jeder Baustein in jedem Zustand
design-colours = Farben
design-type = Schrift
design-buttons = Knöpfe
design-fields = Felder
design-badges = Marken
design-messages = Meldungen
design-lists = Listen
design-thread = Gespräch
design-figures = Zahlen
design-customers = Für Kunden
design-dialogs = Was sich öffnet, und was zusammenhält
design-heading = Eine Überschrift
design-sentence = Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich
design-link = ein Verweis
design-fault = ist kein Datum: schreiben Sie es als 2026-03-02
