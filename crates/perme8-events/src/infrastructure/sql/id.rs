//! Typed ids in columns: as the UUID that they are.

use sqlx::{Database, Decode, Encode, Type, encode::IsNull, error::BoxDynError};
use uuid::Uuid;

use crate::domain::id::Id;

impl<A, DB: Database> Type<DB> for Id<A>
where
    Uuid: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        Uuid::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        Uuid::compatible(ty)
    }
}

impl<'q, A, DB: Database> Encode<'q, DB> for Id<A>
where
    Uuid: Encode<'q, DB>,
{
    fn encode_by_ref(
        &self,
        buffer: &mut <DB as Database>::ArgumentBuffer,
    ) -> Result<IsNull, BoxDynError> {
        self.uuid().encode(buffer)
    }
}

impl<'r, A, DB: Database> Decode<'r, DB> for Id<A>
where
    Uuid: Decode<'r, DB>,
{
    fn decode(value: <DB as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Uuid::decode(value).map(Self::new)
    }
}
