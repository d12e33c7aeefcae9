//! The date of HTTP, RFC 9110 §5.6.7: in each response, and where a leg meets a rate limit.
//!
//! ```text
//! 784111777 seconds after 1970  ↔  Sun, 06 Nov 1994 08:49:37 GMT
//! ```
//!
//! Left out: the two older formats, which a recipient MUST accept. No provider is known to send them in
//! `Retry-After`; if one does, the advice is `later`. Shown by the tables below.

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

/// The moment of a date, in seconds after 1970; none if it isn't written as [`http_date`] writes it.
pub fn read_http_date(date: &str) -> Option<u64> {
    let parts: Vec<&str> = date.split([' ', ':']).collect();
    let [_, day, month, year, hours, minutes, seconds, _] = parts.as_slice() else { return None };
    let number = |text: &str| Some(u64::from(text.parse::<u16>().ok()?));
    let month = MONTHS.iter().position(|name| name == month)?;
    let month = u64::try_from(month).ok()?;
    // January and February are the last months of the year before.
    let year = number(year)?.checked_sub(u64::from(month >= 10))?;
    let days_of_months = (153 * month + 2) / 5;
    let days_of_years = year * 365 + year / 4 - year / 100 + year / 400;
    let days = (days_of_years + days_of_months + number(day)?).checked_sub(719_469)?;
    let time = number(hours)? * 3_600 + number(minutes)? * 60 + number(seconds)?;
    let moment = days * 86_400 + time;
    // A date that doesn't exist, such as 30 February, comes back as another one.
    if http_date(moment) == date { Some(moment) } else { None }
}

#[cfg(test)]
mod tests {
    use super::{http_date, read_http_date};

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
            assert_eq!(read_http_date(date), Some(seconds));
        }
    }

    #[test]
    fn other_texts_are_not_read_as_dates() {
        for text in [
            "",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Wed, 30 Feb 2000 00:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:60 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 0000 08:49:37 GMT",
            "Sun, 06 Jan 0000 08:49:37 GMT",
            "Sun, 06 Nov 18446744073709551615 08:49:37 GMT",
            "Sun, 18446744073709551615 Nov 1994 18446744073709551615:49:37 GMT",
        ] {
            assert_eq!(read_http_date(text), None, "{text}");
        }
    }
}
