//! Days of the Gregorian calendar, for the moments that trust files and registers name.

/// Days from the start of 1970 to a date, which need not exist: the 30th of February is the 2nd of March, or
/// the 1st.
pub(crate) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March on, so that the leap day is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before_month = (153 * month + 2) / 5;
    const MARCH_OF_0_TO_1970: i64 = 719_468;
    365 * year + year / 4 - year / 100 + year / 400 + days_before_month + day - 1 - MARCH_OF_0_TO_1970
}
