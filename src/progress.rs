//! What the library tells a caller while it works; it never draws anything itself.

/// Receives events of long work. The default methods ignore them.
pub trait Progress: Sync {
    /// A step of known size begins; `unit` is what is counted.
    fn begin(&self, step: Step, total: u64) {
        let _ = (step, total);
    }
    /// So many more units of the step are done.
    fn advance(&self, step: Step, units: u64) {
        let _ = (step, units);
    }
    /// The step is over.
    fn end(&self, step: Step) {
        let _ = step;
    }
}

/// The long steps of the work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Comparing and hashing the model and its copy, counted in bytes.
    Comparing,
    /// Reading examples and running the model on them, counted in examples.
    Encoding,
    /// Fetching a model from a hub, counted in bytes.
    Downloading,
    /// Hashing a release, counted in bytes.
    Hashing,
    /// Carrying out a plan, counted in releases.
    Releasing,
    /// Running networks, counted in batches of inputs or embeddings.
    Running,
    /// Drawing synthetic embeddings, counted in accepted samples.
    Sampling,
    /// Training the head, counted in epochs.
    Unlearning,
    /// Writing the copy, counted in bytes.
    Writing,
}

/// Progress that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {}
