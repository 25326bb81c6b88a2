//! Which device computes.

use std::{fmt, str::FromStr};

use candle_core::{DType, Device, Tensor};

use crate::error::Error;

pub use crate::claim::DeviceKind;

/// The user's choice of a device: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DeviceChoice {
    /// The first GPU if this build can use one and there is one, else the CPU.
    Auto,
    /// The CPU: what it makes is the same with every build and every driver.
    #[default]
    Cpu,
    /// The GPU of this number.
    Cuda(usize),
}

impl DeviceKind {
    /// The kind of a device.
    #[must_use]
    pub fn of(device: &Device) -> Self {
        if device.is_cpu() { Self::Cpu } else { Self::Cuda }
    }
}

impl From<DeviceKind> for DeviceChoice {
    fn from(kind: DeviceKind) -> Self {
        match kind {
            DeviceKind::Cpu => Self::Cpu,
            DeviceKind::Cuda => Self::Cuda(0),
        }
    }
}

/// A device that computes.
#[derive(Debug)]
pub struct Opened {
    /// The device.
    pub device: Device,
    /// Why it is not a GPU, where one would have been taken.
    pub without_gpu: Option<Error>,
}

impl DeviceChoice {
    /// Opens the device.
    ///
    /// # Errors
    /// [`Error::NoDevice`] if a GPU was asked for by name and cannot be used.
    pub fn open(self) -> Result<Opened, Error> {
        let (device, without_gpu) = match self {
            Self::Auto => gpu(0).map_or_else(|why| (Device::Cpu, Some(why)), |device| (device, None)),
            Self::Cpu => (Device::Cpu, None),
            Self::Cuda(number) => (gpu(number)?, None),
        };
        Ok(Opened { device, without_gpu })
    }
}

/// Opens a GPU on which one kernel has run: a driver may be there and know nothing of this build's kernels.
fn gpu(number: usize) -> Result<Device, Error> {
    let open = || {
        // All threads share one stream. By default each gets its own, and nothing makes one wait for what
        // another uploads.
        let device = Device::new_cuda_with_stream(number)?;
        Tensor::zeros(1, DType::F32, &device)?.affine(1.0, 1.0)?.to_vec1::<f32>()?;
        Ok(device)
    };
    open().map_err(|source: candle_core::Error| Error::NoDevice {
        number,
        built_in: cfg!(feature = "cuda"),
        source: source.into(),
    })
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("cuda:").map(str::parse)) {
            ("auto", _) => Ok(Self::Auto),
            ("cpu", _) => Ok(Self::Cpu),
            ("cuda", _) => Ok(Self::Cuda(0)),
            (_, Some(Ok(number))) => Ok(Self::Cuda(number)),
            _ => Err("expected `auto`, `cpu`, `cuda` or `cuda:N`".into()),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}
