# Was Kunden rund um die Hilfe und das Portal sehen.
customers-navigation = Kundenservice
customers-help = Hilfe
customers-cases = Meine Anfragen
customers-contact = Kontakt
