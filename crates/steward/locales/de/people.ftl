# Anmelden und das eigene Profil.
sign-in-title = Anmelden
sign-in-email = E-Mail
sign-in-password = Passwort
sign-in-forgotten = Passwort vergessen?
sign-in-demo = Dies ist eine Vorführung. Schauen Sie sich um als
sign-in-demo-lead = Teamleitung
sign-in-demo-agent = Agent
sign-in-demo-customer = Kunde
