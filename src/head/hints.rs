//! What a model does not say of itself, and the one who asks does.

/// What is said of a model by hand, before its head is located.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Hints {
    /// Heads by name: a module path, a tensor or an ONNX node. The first is the one that is trained; the others
    /// have the same classes and lose the forgotten ones, too. Empty if the head is to be located.
    pub heads: Vec<String>,
    /// Whether its classes are independent of each other, where neither graph nor configuration says so.
    pub multi_label: bool,
    /// How many classes there are, where the model itself does not say: of several outputs of an ONNX graph, the
    /// one with as many results is meant.
    pub classes: Option<usize>,
    /// Whether a release is read whose claim does not list what was left as it is: it was made when fewer places
    /// were known to count the classes, and no more of them may be expected to be shortened.
    pub older: bool,
}

/// What is accepted although it is hardly ever wanted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Accepted {
    /// That a single class is left, which is then always the answer.
    pub constant: bool,
    /// That classes which stay have the label of a forgotten one.
    pub labels: bool,
    /// That slots are dropped while something else in the model or its folder still counts or names the
    /// forgotten classes.
    pub stale: bool,
}

impl Hints {
    /// Nothing but the names of heads.
    #[must_use]
    pub fn naming(heads: &[impl AsRef<str>]) -> Self {
        Self { heads: heads.iter().map(|name| name.as_ref().to_owned()).collect(), ..Self::default() }
    }

    /// The head that is trained, where it is named.
    #[must_use]
    pub fn head(&self) -> Option<&str> {
        self.heads.first().map(String::as_str)
    }

    /// The same without names: what is known where the head is to be located.
    #[must_use]
    pub fn unnamed(&self) -> Self {
        Self { heads: Vec::new(), ..self.clone() }
    }
}
