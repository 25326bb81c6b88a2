//! What a user may set of a method, beside the learning rate.

use std::collections::BTreeMap;

use super::Method;
use crate::error::Error;

/// A number that a method's formula depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Its name on the command line and in the claim.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// The values that are tried where the user gives none, in this order; the paper's default if there is but one.
    pub defaults: &'static [f64],
    /// The values that make sense, both ends included.
    pub range: (f64, f64),
}

/// Values of all settings of a method.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<&'static str, f64>);

impl Settings {
    /// The value of a setting that the method has.
    ///
    /// # Panics
    /// If the method has none of this name: a slip of the programmer.
    #[must_use]
    pub fn value(&self, name: &str) -> f64 {
        *self.0.get(name).unwrap_or_else(|| panic!("the method has no setting `{name}`"))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        self.0.iter().map(|(&name, &value)| (name, value))
    }

    /// With another value for one of them.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.0.insert(name, value);
        self
    }
}

impl Method {
    /// The settings with the values that a user gives, and the first default of each other one.
    ///
    /// # Errors
    /// [`Error::UnknownSetting`] for a name that the method does not have or that is given twice,
    /// [`Error::SettingOutOfRange`].
    pub fn settings(&self, given: &[(String, f64)]) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        for (name, value) in given {
            let setting = self.settings.iter().find(|setting| setting.name == name);
            let setting = setting.filter(|setting| !settings.0.contains_key(setting.name));
            let setting = setting.ok_or_else(|| Error::UnknownSetting {
                method: self.name,
                name: name.clone(),
                known: self.settings.iter().map(|setting| setting.name).collect(),
            })?;
            let (least, most) = setting.range;
            if !(least..=most).contains(value) {
                return Err(Error::SettingOutOfRange { name: setting.name, value: *value, least, most });
            }
            settings.0.insert(setting.name, *value);
        }
        for setting in self.settings {
            settings.0.entry(setting.name).or_insert(setting.defaults[0]);
        }
        Ok(settings)
    }

    /// The setting that is to be chosen on synthetic strata: it has several defaults and the user gave no value.
    #[must_use]
    pub fn to_choose(&self, given: &[(String, f64)]) -> Option<&'static Setting> {
        let is_open = |setting: &&Setting| {
            setting.defaults.len() > 1 && given.iter().all(|(name, _)| name != setting.name)
        };
        self.settings.iter().find(is_open)
    }
}
