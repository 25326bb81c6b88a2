//! The elements of tensors on the host.

use candle_core::{CpuStorage, DType, Storage, Tensor};

use super::Fault;

/// Whether it is in single precision on the host, where the loops are that are our own.
pub(super) fn is_single(tensor: &Tensor) -> bool {
    tensor.dtype() == DType::F32 && tensor.device().is_cpu()
}

/// What a function makes of the elements of a tensor on the host, from its first one on.
pub(super) fn with<R>(tensor: &Tensor, of: impl FnOnce(&[f32]) -> R) -> Result<R, Fault> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) => Ok(of(&values[layout.start_offset()..])),
        _ => Err(Fault::Compute("elements that are not in single precision on the host".into())),
    }
}
