//! Times of day, days of the week and of the month.

use std::fmt;

/// What the REST API writes for the last day of a month.
pub(super) const LAST_DAY: &str = "LastDay";

/// A time of day, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u32);

impl TimeOfDay {
    /// Reads `HH:MM:SS`, the only form of the reference.
    pub fn parse(text: &str) -> Option<Self> {
        let [h1, h2, b':', m1, m2, b':', s1, s2] = *text.as_bytes() else {
            return None;
        };
        let two = |tens: u8, ones: u8| {
            (tens.is_ascii_digit() && ones.is_ascii_digit())
                .then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
        };
        let (hours, minutes, seconds) = (two(h1, h2)?, two(m1, m2)?, two(s1, s2)?);
        (hours < 24 && minutes < 60 && seconds < 60).then_some(Self(hours * 3600 + minutes * 60 + seconds))
    }

    /// The seconds since midnight.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02}:{:02}:{:02}",
            self.0 / 3600,
            self.0 / 60 % 60,
            self.0 % 60
        )
    }
}

crate::site::text_enum! {
    /// A day of the week.
    WeekDay {
        /// Sunday.
        Sunday = "Sunday",
        /// Monday.
        Monday = "Monday",
        /// Tuesday.
        Tuesday = "Tuesday",
        /// Wednesday.
        Wednesday = "Wednesday",
        /// Thursday.
        Thursday = "Thursday",
        /// Friday.
        Friday = "Friday",
        /// Saturday.
        Saturday = "Saturday",
    }
}

crate::site::text_enum! {
    /// Which one of a month's Mondays, say.
    Ordinal {
        /// The first.
        First = "First",
        /// The second.
        Second = "Second",
        /// The third.
        Third = "Third",
        /// The fourth.
        Fourth = "Fourth",
        /// The fifth; months with four have none.
        Fifth = "Fifth",
        /// The last, be it the fourth or the fifth.
        Last = "Last",
    }
}

macro_rules! small_set {
    ($(#[$doc:meta])* $name:ident of $of:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(u8);

        impl $name {
            /// Adds one.
            pub fn insert(&mut self, one: $of) {
                self.0 |= 1 << one as u8;
            }

            /// Returns whether one is among them.
            pub fn contains(self, one: $of) -> bool {
                self.0 & (1 << one as u8) != 0
            }

            /// Returns whether there are none.
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// All of them, in the order of the reference.
            pub fn iter(self) -> impl Iterator<Item = $of> {
                $of::ALL.iter().copied().filter(move |one| self.contains(*one))
            }
        }

        impl FromIterator<$of> for $name {
            fn from_iter<I: IntoIterator<Item = $of>>(iter: I) -> Self {
                let mut set = Self::default();
                iter.into_iter().for_each(|one| set.insert(one));
                set
            }
        }
    };
}

small_set! {
    /// Some days of the week.
    WeekDays of WeekDay
}

small_set! {
    /// Some of a month's Mondays, say.
    Ordinals of Ordinal
}

/// Some days of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MonthDays {
    /// By their number. A month that is too short for a day does not run on it.
    Dates {
        /// Bit 1 to bit 31, one for each day.
        days: u32,
        /// The last day, whatever its number.
        last: bool,
    },
    /// By the day of the week: the first and the last Monday, say.
    Nth {
        /// Which ones.
        ordinals: Ordinals,
        /// Of which days of the week.
        days: WeekDays,
    },
}

impl MonthDays {
    /// Returns whether a day is one of them, given its number, its day of the week and the length
    /// of its month.
    pub fn contains(self, day: u32, week_day: WeekDay, month_length: u32) -> bool {
        match self {
            Self::Dates { days, last } => days & (1 << day) != 0 || (last && day == month_length),
            Self::Nth { ordinals, days } => {
                let nth = Ordinal::ALL[((day - 1) / 7) as usize];
                let is_last = day + 7 > month_length;
                days.contains(week_day)
                    && (ordinals.contains(nth) || (is_last && ordinals.contains(Ordinal::Last)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        let time = TimeOfDay::parse("18:30:05").expect("a documented form");
        assert_eq!(
            (time.seconds(), time.to_string()),
            (66_605, "18:30:05".to_owned())
        );
        for bad in [
            "",
            "18:30",
            "24:00:00",
            "18:60:00",
            "18:30:60",
            "8:30:00",
            "18:30:00Z",
            "18-30-00",
            "1८:30:00",
        ] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
        }
    }
}
