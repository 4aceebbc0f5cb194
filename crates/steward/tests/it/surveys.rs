//! Surveys: asked, answered, counted (spec 8).
