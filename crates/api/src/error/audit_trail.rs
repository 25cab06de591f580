//! Failures of the audit trail.

use super::ApiError;
use crate::audit_trail::AuditTrailError;

impl From<AuditTrailError> for ApiError {
    fn from(error: AuditTrailError) -> Self {
        match error {
            AuditTrailError::NotFound => Self::workspace_not_found(),
            AuditTrailError::Storage(error) => error.into(),
        }
    }
}
