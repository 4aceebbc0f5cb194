# The page of all components.
design-title = Components
design-about = Every component in every state
design-colours = Colours
design-type = Type
design-buttons = Buttons
design-fields = Fields
design-badges = Marks
design-messages = Messages
design-lists = Lists
design-thread = Conversation
design-figures = Figures
design-customers = For customers
design-dialogs = What opens, and what holds
design-heading = A heading
design-sentence = The quick brown fox jumps over the lazy dog
design-link = a link
design-fault = is no date: write it as 2026-03-02
