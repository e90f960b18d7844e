//! What a site may be set to.

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every value, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name used by the REST API.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Reads the name used by the REST API, exactly as written there.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use text_enum;

text_enum! {
    /// Who may add and remove the users of a site.
    AdminMode {
        /// Only server administrators.
        ContentOnly = "ContentOnly",
        /// Site administrators too.
        ContentAndUsers = "ContentAndUsers",
    }
}

text_enum! {
    /// Whether users other than server administrators may sign in to a site.
    SiteState {
        /// Open.
        Active = "Active",
        /// Closed to all but server administrators.
        Suspended = "Suspended",
    }
}

text_enum! {
    /// Whether the extracts of a site are encrypted where they are kept.
    #[derive(Default)]
    ExtractEncryption {
        /// All are.
        Enforced = "enforced",
        /// Those are whose owners ask for it.
        Enabled = "enabled",
        /// None is.
        #[default]
        Disabled = "disabled",
    }
}

impl ExtractEncryption {
    /// The name of the setting.
    pub const SETTING: &'static str = "extractEncryptionMode";
}

/// The default number of revisions a site keeps of an item.
pub const DEFAULT_REVISION_LIMIT: u32 = 25;

/// The numbers of revisions a site may be told to keep.
pub const REVISION_LIMITS: std::ops::RangeInclusive<i64> = 2..=10_000;
