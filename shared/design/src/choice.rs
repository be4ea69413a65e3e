//! Things of which one is chosen by name.

/// One of a few, each with a name for programs and a label for people.
pub trait Choice: Copy + PartialEq + Default + 'static {
    /// All of them, in the order in which they are offered.
    const ALL: &'static [Self];
    /// Its name in JSON.
    fn name(self) -> &'static str;
    /// What it is called.
    fn label(self, lang: badge::Lang) -> &'static str;

    /// The one of this name.
    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.name() == name)
    }

    /// All names, ready to show.
    fn names() -> String {
        Self::ALL.iter().map(|choice| choice.name()).collect::<Vec<_>>().join(", ")
    }
}

/// An enum whose first variant is the default, with [`Choice`] and how it is written.
macro_rules! choices {
    ($(#[$about:meta])* $type:ident: $($(#[$of:meta])* $variant:ident $name:literal $en:literal $ja:literal;)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub enum $type { $($(#[$of])* #[doc = $en] $variant),+ }

        impl crate::choice::Choice for $type {
            const ALL: &'static [Self] = &[$(Self::$variant),+];
            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            fn label(self, lang: badge::Lang) -> &'static str {
                match self { $(Self::$variant => lang.pick($en, $ja)),+ }
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(crate::choice::Choice::name(*self))
            }
        }
    };
}

pub(crate) use choices;
