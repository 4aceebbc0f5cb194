# Signing in, and one's own profile.
sign-in-title = Sign in
sign-in-email = E-mail
sign-in-password = Password
sign-in-forgotten = Forgotten your password?
sign-in-demo = This is a demo. Look around as
sign-in-demo-lead = Team lead
sign-in-demo-agent = Agent
sign-in-demo-customer = Customer
