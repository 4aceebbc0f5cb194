-- ---------------------------------------------------------------- the words of cases

-- A tsquery knows beginnings by itself: nothing is needed here.
