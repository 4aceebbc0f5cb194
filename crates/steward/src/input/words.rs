//! Closed sets of words: statuses, roles, channels. One declaration gives the enum, its texts, and how it travels
//! through JSON, queries and SQL.

/// Declares an enum whose values are known by a word everywhere outside Rust.
#[macro_export]
macro_rules! words {
    ($(#[doc = $about:literal])* $vis:vis enum $name:ident { $($(#[doc = $doc:literal])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[doc = $doc])* $variant),* }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The word for it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// The value that a word stands for.
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let word = String::deserialize(deserializer)?;
                $name::from_word(&word).ok_or_else(|| serde::de::Error::unknown_variant(&word, &[$($word),*]))
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($word),*] })
            }
        }

        impl $crate::input::Field for $name {
            fn from_json(value: serde_json::Value) -> Result<Self, $crate::input::Faults> {
                value.as_str().and_then($name::from_word).ok_or_else(|| {
                    $crate::input::Faults::one(concat!("is to be one of", $(" ", $word),*))
                })
            }

            fn schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$name as schemars::JsonSchema>::json_schema(generator)
            }
        }

        impl db::ToParam for $name {
            fn to_param(&self) -> db::Param<'_> {
                db::Param::Text(self.word().into())
            }
        }

        impl db::FromValue for $name {
            fn from_value(value: db::ValueRef<'_>) -> Result<Self, db::Error> {
                match value {
                    db::ValueRef::Text(word) => $name::from_word(word),
                    _ => None,
                }
                .ok_or_else(|| db::Error::Decode(format!(concat!(stringify!($name), ": {:?} is unknown"), value)))
            }
        }
    };
}
