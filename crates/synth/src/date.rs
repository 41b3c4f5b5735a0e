//! Civil dates and the wall time of the practice.

use std::fmt;

/// A day of the Gregorian calendar, as days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub struct Date(i32);

/// Length of a month in days.
fn month_length(year: i32, month: i32) -> i32 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    /// A day by year, month (1 to 12) and day of the month; `None` when there is no such day.
    pub fn new(year: i32, month: i32, day: i32) -> Option<Self> {
        let valid = (1..=12).contains(&month) && day >= 1 && day <= month_length(year, month);
        valid.then(|| Self::of(year, month, day))
    }

    /// A day by days since 1970-01-01.
    pub fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    pub fn days(self) -> i32 {
        self.0
    }

    /// A day known to exist. Counts years from March so that the leap day is last.
    pub(crate) fn of(year: i32, month: i32, day: i32) -> Self {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Self(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month and day of the month.
    pub fn civil(self) -> (i32, i32, i32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        (year_of_era + era * 400 + i32::from(month <= 2), month, day)
    }

    /// The year.
    pub(crate) fn year(self) -> i32 {
        self.civil().0
    }

    /// The month, 1 to 12.
    pub(crate) fn month(self) -> i32 {
        self.civil().1
    }

    /// Days later, or earlier when negative.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// Whole months later; the day of the month gives way where the month is short.
    #[must_use]
    pub(crate) fn plus_months(self, months: i32) -> Self {
        let (year, month, day) = self.civil();
        let count = year * 12 + month - 1 + months;
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        Self::of(year, month, day.min(month_length(year, month)))
    }

    /// Day of the week: 0 Monday to 6 Sunday.
    pub(crate) fn weekday(self) -> i32 {
        (self.0 + 3).rem_euclid(7)
    }

    /// This day, or the Monday after it when it falls on a weekend.
    #[must_use]
    pub(crate) fn on_weekday(self) -> Self {
        self.plus_days((7 - self.weekday()) % 7 * i32::from(self.weekday() >= 5))
    }

    /// Years from an earlier day to this one, with a fraction.
    pub(crate) fn years_since(self, earlier: Date) -> f64 {
        f64::from(self.0 - earlier.0) / 365.2425
    }

    /// Whole years of age of someone born on a day.
    pub(crate) fn age(self, birth: Date) -> i32 {
        let ((year, month, day), (birth_year, birth_month, birth_day)) = (self.civil(), birth.civil());
        year - birth_year - i32::from((month, day) < (birth_month, birth_day))
    }

    /// Whole months of age of someone born on a day.
    pub(crate) fn age_months(self, birth: Date) -> i32 {
        let ((year, month, day), (birth_year, birth_month, birth_day)) = (self.civil(), birth.civil());
        (year - birth_year) * 12 + month - birth_month - i32::from(day < birth_day)
    }
}

impl fmt::Display for Date {
    /// As FHIR writes it: `2025-03-09`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A minute of a day by the clock on the practice's wall (US Eastern time).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment {
    /// The day.
    pub date: Date,
    /// Minutes since midnight.
    pub minute: i32,
}

impl Moment {
    /// Minutes later, possibly on a later day.
    #[must_use]
    pub fn plus_minutes(self, minutes: i32) -> Self {
        let total = self.minute + minutes;
        Self { date: self.date.plus_days(total.div_euclid(1440)), minute: total.rem_euclid(1440) }
    }

    /// Hours behind UTC: 4 from the second Sunday of March to the first of November (at 02:00), 5 otherwise.
    fn hours_behind(self) -> i32 {
        let year = self.date.year();
        let sunday = |month: i32, nth: i32| {
            let first = Date::of(year, month, 1);
            Self { date: first.plus_days((6 - first.weekday()) + 7 * (nth - 1)), minute: 120 }
        };
        if self >= sunday(3, 2) && self < sunday(11, 1) { 4 } else { 5 }
    }
}

impl fmt::Display for Moment {
    /// As FHIR writes it: `2025-03-10T09:20:00-04:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.minute / 60, self.minute % 60);
        write!(f, "{}T{hour:02}:{minute:02}:00-{:02}:00", self.date, self.hours_behind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_dates_go_there_and_back() {
        for days in -40_000..40_000 {
            let (year, month, day) = Date::from_days(days).civil();
            assert_eq!(Date::new(year, month, day), Some(Date::from_days(days)));
        }
        assert_eq!(Date::of(1970, 1, 1).weekday(), 3);
        assert_eq!(Date::of(2025, 11, 24).days(), 20_416);
        assert_eq!(Date::new(2023, 2, 29), None);
        assert_eq!(Date::of(2024, 1, 31).plus_months(1).to_string(), "2024-02-29");
        assert_eq!(Date::of(2025, 3, 9).age(Date::of(2000, 3, 10)), 24);
        assert_eq!(Date::of(2025, 11, 22).on_weekday(), Date::of(2025, 11, 24));
        assert_eq!(Date::of(2025, 11, 23).on_weekday(), Date::of(2025, 11, 24));
    }

    #[test]
    fn the_clock_follows_summer_time() {
        let at = |date, minute| Moment { date, minute }.to_string();
        assert_eq!(at(Date::of(2025, 3, 9), 119), "2025-03-09T01:59:00-05:00");
        assert_eq!(at(Date::of(2025, 3, 9), 180), "2025-03-09T03:00:00-04:00");
        assert_eq!(at(Date::of(2025, 11, 3), 540), "2025-11-03T09:00:00-05:00");
    }
}
