//! How languages write numbers and dates: separators, names of months and days, patterns.
//!
//! The forms are those of the Unicode locale data. Words of Tableau itself, such as `Grand Total`, are in
//! [`crate::words`].

/// What a language writes otherwise than others.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Its code, such as `de_DE`.
    pub code: &'static str,
    /// What stands before decimals.
    pub decimal: &'static str,
    /// What stands between thousands.
    pub group: &'static str,
    /// Names of months.
    pub months: [&'static str; 12],
    /// Short names of months.
    pub short_months: [&'static str; 12],
    /// Names of days, Sunday first.
    pub days: [&'static str; 7],
    /// Short names of days.
    pub short_days: [&'static str; 7],
    /// A day in digits.
    pub short_date: &'static str,
    /// A day with the name of its month.
    pub long_date: &'static str,
    /// A month of a year.
    pub month_year: &'static str,
    /// A short day of a year that goes without saying.
    pub day_month: &'static str,
    /// A short month of a year.
    pub short_month_year: &'static str,
    /// An hour of such a day.
    pub day_hour: &'static str,
    /// A time of the day.
    pub time: &'static str,
    /// A quarter; `#` is its number.
    pub quarter: &'static str,
    /// A week of a year; `#` is its number.
    pub week: &'static str,
    /// The column of the table of words; 0 is English.
    words: usize,
}

/// American English, which is what counts where no language is asked for.
pub const ENGLISH: &Language = &LANGUAGES[0];

/// The languages that Tableau has, the usual form of each first.
#[rustfmt::skip]
pub const LANGUAGES: &[Language] = &[
    Language {
        code: "en_US", decimal: ".", group: ",",
        months: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
        short_months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        days: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        short_days: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        short_date: "M/d/yyyy", long_date: "MMMM d, yyyy", month_year: "MMMM yyyy", time: "h:nn:ss AM/PM",
        day_month: "MMM d", short_month_year: "MMM yyyy", day_hour: "MMM d h AM/PM",
        quarter: "Q#", week: "Week #", words: 0,
    },
    Language {
        code: "en_GB", decimal: ".", group: ",",
        months: ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
        short_months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"],
        days: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        short_days: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"],
        short_date: "dd/MM/yyyy", long_date: "d MMMM yyyy", month_year: "MMMM yyyy", time: "HH:nn:ss",
        day_month: "d MMM", short_month_year: "MMM yyyy", day_hour: "d MMM HH:nn",
        quarter: "Q#", week: "Week #", words: 0,
    },
    Language {
        code: "de_DE", decimal: ",", group: ".",
        months: ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
        short_months: ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
        days: ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
        short_days: ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"],
        short_date: "dd.MM.yyyy", long_date: "d. MMMM yyyy", month_year: "MMMM yyyy", time: "HH:nn:ss",
        day_month: "d. MMM", short_month_year: "MMM yyyy", day_hour: "d. MMM HH:nn",
        quarter: "Q#", week: "Woche #", words: 1,
    },
    Language {
        code: "es_ES", decimal: ",", group: ".",
        months: ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
        short_months: ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
        days: ["domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"],
        short_days: ["dom", "lun", "mar", "mié", "jue", "vie", "sáb"],
        short_date: "dd/MM/yyyy", long_date: "d \"de\" MMMM \"de\" yyyy", month_year: "MMMM \"de\" yyyy", time: "H:nn:ss",
        day_month: "d MMM", short_month_year: "MMM yyyy", day_hour: "d MMM H:nn",
        quarter: "T#", week: "Semana #", words: 2,
    },
    Language {
        code: "fr_FR", decimal: ",", group: "\u{202f}",
        months: ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
        short_months: ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
        days: ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
        short_days: ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
        short_date: "dd/MM/yyyy", long_date: "d MMMM yyyy", month_year: "MMMM yyyy", time: "HH:nn:ss",
        day_month: "d MMM", short_month_year: "MMM yyyy", day_hour: "d MMM HH:nn",
        quarter: "T#", week: "Semaine #", words: 3,
    },
    Language {
        code: "it_IT", decimal: ",", group: ".",
        months: ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"],
        short_months: ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
        days: ["domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"],
        short_days: ["dom", "lun", "mar", "mer", "gio", "ven", "sab"],
        short_date: "dd/MM/yyyy", long_date: "d MMMM yyyy", month_year: "MMMM yyyy", time: "HH:nn:ss",
        day_month: "d MMM", short_month_year: "MMM yyyy", day_hour: "d MMM HH:nn",
        quarter: "T#", week: "Settimana #", words: 4,
    },
    Language {
        code: "ja_JP", decimal: ".", group: ",",
        months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
        short_months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
        days: ["日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日"],
        short_days: ["日", "月", "火", "水", "木", "金", "土"],
        short_date: "yyyy/MM/dd", long_date: "yyyy年M月d日", month_year: "yyyy年M月", time: "H:nn:ss",
        day_month: "M月d日", short_month_year: "yyyy年M月", day_hour: "M月d日 H:nn",
        quarter: "Q#", week: "第#週", words: 5,
    },
    Language {
        code: "ko_KR", decimal: ".", group: ",",
        months: ["1월", "2월", "3월", "4월", "5월", "6월", "7월", "8월", "9월", "10월", "11월", "12월"],
        short_months: ["1월", "2월", "3월", "4월", "5월", "6월", "7월", "8월", "9월", "10월", "11월", "12월"],
        days: ["일요일", "월요일", "화요일", "수요일", "목요일", "금요일", "토요일"],
        short_days: ["일", "월", "화", "수", "목", "금", "토"],
        short_date: "yyyy. M. d.", long_date: "yyyy년 M월 d일", month_year: "yyyy년 M월", time: "HH:nn:ss",
        day_month: "M월 d일", short_month_year: "yyyy년 M월", day_hour: "M월 d일 HH:nn",
        quarter: "#분기", week: "#주", words: 6,
    },
    Language {
        code: "pt_BR", decimal: ",", group: ".",
        months: ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
        short_months: ["jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."],
        days: ["domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"],
        short_days: ["dom.", "seg.", "ter.", "qua.", "qui.", "sex.", "sáb."],
        short_date: "dd/MM/yyyy", long_date: "d \"de\" MMMM \"de\" yyyy", month_year: "MMMM \"de\" yyyy", time: "HH:nn:ss",
        day_month: "d \"de\" MMM", short_month_year: "MMM yyyy", day_hour: "d MMM HH:nn",
        quarter: "T#", week: "Semana #", words: 7,
    },
    Language {
        code: "sv_SE", decimal: ",", group: "\u{a0}",
        months: ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"],
        short_months: ["jan.", "feb.", "mars", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec."],
        days: ["söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag"],
        short_days: ["sön", "mån", "tis", "ons", "tors", "fre", "lör"],
        short_date: "yyyy-MM-dd", long_date: "d MMMM yyyy", month_year: "MMMM yyyy", time: "HH:nn:ss",
        day_month: "d MMM", short_month_year: "MMM yyyy", day_hour: "d MMM HH:nn",
        quarter: "K#", week: "Vecka #", words: 8,
    },
    Language {
        code: "zh_CN", decimal: ".", group: ",",
        months: ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
        short_months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
        days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
        short_days: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
        short_date: "yyyy/M/d", long_date: "yyyy年M月d日", month_year: "yyyy年M月", time: "HH:nn:ss",
        day_month: "M月d日", short_month_year: "yyyy年M月", day_hour: "M月d日 HH:nn",
        quarter: "#季度", week: "第#周", words: 9,
    },
    Language {
        code: "zh_TW", decimal: ".", group: ",",
        months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
        short_months: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
        days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
        short_days: ["週日", "週一", "週二", "週三", "週四", "週五", "週六"],
        short_date: "yyyy/M/d", long_date: "yyyy年M月d日", month_year: "yyyy年M月", time: "HH:nn:ss",
        day_month: "M月d日", short_month_year: "yyyy年M月", day_hour: "M月d日 HH:nn",
        quarter: "第#季", week: "第#週", words: 10,
    },
];

impl Language {
    /// Finds a language by its code, as `de`, `de_DE` or `de-AT`; letter case does not matter.
    pub fn find(code: &str) -> Option<&'static Language> {
        let code = code.replace('-', "_").to_ascii_lowercase();
        let same = |language: &&Language| language.code.to_ascii_lowercase() == code;
        let head = code.split('_').next().unwrap_or_default();
        let close = |language: &&Language| language.code.split('_').next() == Some(head);
        LANGUAGES
            .iter()
            .find(same)
            .or_else(|| LANGUAGES.iter().find(close))
    }

    /// Returns words of Tableau's own, which are named by the English ones.
    pub fn say(&self, english: &'static str) -> &'static str {
        crate::words::say(english, self.words)
    }

    /// Returns words of Tableau's own about something: each `#` is the next of the parts.
    pub fn phrase(&self, english: &'static str, parts: &[&str]) -> String {
        let mut out = String::new();
        let mut parts = parts.iter();
        for (at, piece) in self.say(english).split('#').enumerate() {
            if at > 0 {
                out.push_str(parts.next().copied().unwrap_or_default());
            }
            out.push_str(piece);
        }
        out
    }

    /// Writes the digits of a number, given with a dot and commas, with the language's separators.
    pub fn digits(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for char in text.chars() {
            match char {
                '.' => out.push_str(self.decimal),
                ',' => out.push_str(self.group),
                other => out.push(other),
            }
        }
        out
    }
}

impl Default for &'static Language {
    fn default() -> Self {
        ENGLISH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_hold_what_they_are_about() {
        let of =
            |code: &str, english, parts: &[&str]| Language::find(code).map(|one| one.phrase(english, parts));
        assert_eq!(
            of("en", "Avg. #", &["Sales # 1"]).as_deref(),
            Some("Avg. Sales # 1")
        );
        assert_eq!(of("de", "# to #", &["#", "2"]).as_deref(), Some("# bis 2"));
        assert_eq!(of("ja", "Month of #", &["Date"]).as_deref(), Some("Date の月"));
        assert_eq!(of("fr-CA", "(All)", &[]).as_deref(), Some("(Tous)"));
    }

    #[test]
    fn languages_are_found_by_codes_of_all_shapes() {
        let of = |code: &str| Language::find(code).map(|language| language.code);
        assert_eq!(of("de"), Some("de_DE"));
        assert_eq!(of("DE-at"), Some("de_DE"));
        assert_eq!(of("en"), Some("en_US"));
        assert_eq!(of("en-gb"), Some("en_GB"));
        assert_eq!(of("zh_tw"), Some("zh_TW"));
        assert_eq!(of("zh"), Some("zh_CN"));
        for unknown in ["", "x", "deutsch", "é"] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
    }
}
