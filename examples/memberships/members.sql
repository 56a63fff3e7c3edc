-- The accepted, numbered in the order in which they came: a later file never changes a number.
with
  named as (
    select *, regexp_split_to_array($bareName, '[\s\p{Z}]+') as words
    from $applications
  ),
  told as (
    select
      *,
      nullif(array_to_string(words[:-2], ' '), '') as first_name,
      words[-1] as last_name,
      strftime(date_of_birth, '%Y%m%d') as birthday
    from named
  )
select
  row_number() over (order by arrived, file, line) as member_no,
  last_name || '_' || left(sha256(birthday), 5) as membership_id,
  first_name,
  last_name,
  birthday,
  date_of_birth < $asOf::date - interval 18 year as above_18,
  email,
  mobile_no
from told
