-- The original fields of what was turned away, and every reason. A line that could not be cut into fields stays whole.
select
  record ->> 'name' as name,
  record ->> 'email' as email,
  record ->> 'date_of_birth' as date_of_birth,
  record ->> 'mobile_no' as mobile_no,
  array_to_string(list_transform(reasons, lambda r: concat_ws(' ', r."column", r.message)), '; ') as reasons,
  case when record is null then raw end as unreadable_line,
  file,
  line
from (
  select
    *,
    case when json_valid(raw) then case when json_type(raw) = 'OBJECT' then raw::json end end as record
  from $quarantine
)
