//! Times of events: whole seconds of universal time, in the one spelling that sorts like the moments it
//! names.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use crate::calendar::days_since_1970;

const DAY: i64 = 86_400;
/// Days of the months of a year that is no leap year.
const DAYS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// The last second of the year 9999, after which RFC 3339 has no spelling.
const LAST: i64 = 253_402_300_799;

/// A second of universal time from 1970 on; `Display` and `FromStr` know `2026-11-21T10:00:00Z` and no other
/// spelling.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Time(i64);

impl Time {
    /// The last time that there is.
    pub const LATEST: Self = Self(LAST);

    /// The second that is this many seconds after the start of 1970; none after the year 9999.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Option<Self> {
        i64::try_from(seconds).ok().filter(|seconds| *seconds <= LAST).map(Self)
    }

    /// The last second of the day of the same number so many months later, or of the last day of that month if it
    /// has no such day: how Regulation (EEC, Euratom) 1182/71, 3(2)(c) counts months.
    #[must_use]
    pub fn months_later(self, months: u8) -> Self {
        let (year, month, day) = self.date();
        let months = year * 12 + (month - 1) + i64::from(months);
        let (year, month) = (months / 12, months % 12 + 1);
        let is_leap = days_since_1970(year, 3, 1) - days_since_1970(year, 2, 1) == 29;
        let most = DAYS[usize::try_from(month - 1).unwrap_or(0)] + i64::from(is_leap && month == 2);
        let days = days_since_1970(year, month, day.min(most));
        Self((days * DAY + DAY - 1).min(LAST))
    }

    /// Its day, such as `2026-11-21`.
    #[must_use]
    pub fn day(self) -> String {
        let (year, month, day) = self.date();
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// So many days later, or the last time that there is.
    #[must_use]
    pub fn days_later(self, days: u16) -> Self {
        Self((self.0 + i64::from(days) * DAY).min(LAST))
    }

    /// Year, month and day.
    fn date(self) -> (i64, i64, i64) {
        let days = self.0 / DAY;
        // A year has at most 366 days, so this is never too late, and a few steps too early at most.
        let mut year = 1970 + days / 366;
        while days_since_1970(year + 1, 1, 1) <= days {
            year += 1;
        }
        let month = (2..=12).rev().find(|month| days_since_1970(year, *month, 1) <= days).unwrap_or(1);
        (year, month, days - days_since_1970(year, month, 1) + 1)
    }
}

impl From<Time> for SystemTime {
    fn from(time: Time) -> Self {
        // Every time is from 1970 on.
        Self::UNIX_EPOCH + Duration::from_secs(time.0.unsigned_abs())
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second = self.0 % DAY;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{}T{hour:02}:{minute:02}:{second:02}Z", self.day())
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = parse(text).and_then(|seconds| Self::from_unix(u64::try_from(seconds).ok()?));
        // Whatever is not written back as it was read has a 13th month, a 30th of February, or a sign.
        parsed
            .filter(|time| time.to_string() == text)
            .ok_or_else(|| format!("`{text}` is not a time like 2026-11-21T10:00:00Z"))
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Time> for String {
    fn from(time: Time) -> Self {
        time.to_string()
    }
}

fn parse(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok().map(i64::from);
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let sane = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
    sane.then(|| days_since_1970(year, month, day) * DAY + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_825_600, "2000-02-29T12:00:00Z"),
            (1_795_223_400, "2026-11-21T01:10:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (LAST, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(Time(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Time(seconds)));
        }
        for day in 0..50_000 {
            let time = Time(day * DAY + day);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!(Time::from_unix(LAST as u64 + 1), None);
    }

    #[test]
    fn months_end_where_the_regulation_says() {
        for (from, months, due) in [
            ("2026-01-31T10:00:00Z", 1, "2026-02-28T23:59:59Z"),
            ("2028-01-31T00:00:00Z", 1, "2028-02-29T23:59:59Z"),
            ("2026-11-20T23:59:59Z", 1, "2026-12-20T23:59:59Z"),
            ("2026-11-30T10:00:00Z", 3, "2027-02-28T23:59:59Z"),
            ("2026-12-31T10:00:00Z", 1, "2027-01-31T23:59:59Z"),
            ("2099-12-31T10:00:00Z", 2, "2100-02-28T23:59:59Z"),
            ("9999-12-31T10:00:00Z", 1, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(from.parse::<Time>().unwrap().months_later(months).to_string(), due, "{from}");
        }
    }

    #[test]
    fn other_spellings_and_days_that_are_none_are_refused() {
        for text in [
            "",
            "2026-11-21",
            "2026-11-21T10:00:00",
            "2026-11-21T10:00:00.0Z",
            "2026-11-21T10:00:00+00:00",
            "2026-11-21 10:00:00Z",
            "2026-02-29T10:00:00Z",
            "2026-13-01T10:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-12-31T23:59:60Z",
            "1969-12-31T23:59:59Z",
            "+026-11-21T10:00:00Z",
            "2026-11-21T10:00:0éZ",
        ] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }
}
