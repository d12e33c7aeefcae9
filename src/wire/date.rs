//! The date of HTTP, RFC 9110 §5.6.7: in each response, and where leg 4 meets a rate limit.
//!
//! ```text
//! 784111777 seconds after 1970  →  Sun, 06 Nov 1994 08:49:37 GMT
//! ```
//!
//! Left out: reading dates. Shown by the table below.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
// The year begins in March, so that the leap day is its last.
const MONTHS: [&str; 12] =
    ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];

/// The date of a moment, given in seconds after 1970-01-01T00:00:00Z.
#[expect(clippy::indexing_slicing, reason = "a remainder by 7 is below 7, and a month below 12")]
pub fn http_date(seconds: u64) -> String {
    let seconds = usize::try_from(seconds).unwrap_or_default();
    let days = seconds / 86_400;
    let time = seconds % 86_400;
    let weekday = DAYS[days % 7];

    // Days since 0000-03-01, cut into the 400 years after which the calendar repeats itself.
    let days = days + 719_468;
    let era = days / 146_097;
    let day = days % 146_097;
    // A year is 365 days once the leap days before it are taken off.
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, five months have 153 days.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = 400 * era + year + usize::from(month >= 10);
    let month = MONTHS[month];

    let hours = time / 3_600;
    let minutes = time / 60 % 60;
    let seconds = time % 60;
    format!("{weekday}, {day:02} {month} {year:04} {hours:02}:{minutes:02}:{seconds:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::http_date;

    #[test]
    fn the_example_of_rfc_9110_and_the_turns_of_the_calendar_are_right() {
        for (seconds, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (1_740_787_200, "Sat, 01 Mar 2025 00:00:00 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            assert_eq!(http_date(seconds), date);
        }
    }
}
