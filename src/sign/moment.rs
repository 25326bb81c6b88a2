//! Times of a trust file, which are full RFC 3339 date-times.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use toml::value::{Datetime, Offset};

use crate::calendar::days_since_1970;

/// A moment in time as it was written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(try_from = "Datetime")]
pub(super) struct Moment {
    written: Datetime,
    pub(super) time: SystemTime,
}

impl TryFrom<Datetime> for Moment {
    type Error = String;

    fn try_from(written: Datetime) -> Result<Self, String> {
        let unclear =
            || format!("`{written}` is not a moment: write a date, a time and an offset, such as Z");
        let (date, time) = (written.date.ok_or_else(unclear)?, written.time.ok_or_else(unclear)?);
        let offset = match written.offset.ok_or_else(unclear)? {
            Offset::Custom { minutes } => i64::from(minutes),
            Offset::Z => 0,
        };
        let days = days_since_1970(i64::from(date.year), i64::from(date.month), i64::from(date.day));
        let minutes = days * 1440 + i64::from(time.hour) * 60 + i64::from(time.minute) - offset;
        let seconds = minutes * 60 + i64::from(time.second.unwrap_or(0));
        let after = u64::try_from(seconds).map_err(|_| format!("`{written}` is before 1970"))?;
        Ok(Self { written, time: SystemTime::UNIX_EPOCH + Duration::from_secs(after) })
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.written.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Result<u64, String> {
        let moment = Moment::try_from(text.parse::<Datetime>().map_err(|error| error.to_string())?)?;
        Ok(moment.time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-21T02:10:00+01:00", 1_795_223_400),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in ["2026-11-21", "12:00:00", "2026-11-21T00:00:00", "1969-12-31T23:59:59Z"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
