# What customers see around the help centre and the portal.
customers-navigation = Customer service
customers-help = Help
customers-cases = My cases
customers-contact = Contact us
