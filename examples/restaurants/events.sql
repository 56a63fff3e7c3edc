-- The events of the month; an event without an end is over on the day it starts.
with
  month as (
    select strptime($month || '-01', '%Y-%m-%d')::date as first_day, last_day(first_day) as final_day
  ),
  told as (
    select
      r.id,
      r.name,
      entry.event as event,
      entry.event.start_date as starts,
      coalesce(entry.event.end_date, entry.event.start_date) as ends
    from $restaurants as r, unnest(r.events) as listed(entry)
  )
select
  event.event_id::varchar as "Event Id",
  id as "Restaurant Id",
  name as "Restaurant Name",
  nullif(trim(event.photos[1].photo.url), '') as "Photo URL",
  -- A line break would part the title in two for every reader that is no CSV reader.
  nullif(regexp_replace(regexp_replace(event.title, '\s*[\r\n]+\s*', ' ', 'g'),
    '^[\s\p{Z}]+|[\s\p{Z}]+$', '', 'g'), '') as "Event Title",
  event.start_date as "Event Start Date",
  event.end_date as "Event End Date"
from told, month
where case $inMonth
  when 'overlaps' then starts <= final_day and ends >= first_day
  when 'starts' then starts between first_day and final_day
  when 'ends' then ends between first_day and final_day
  when 'starts_or_ends' then starts between first_day and final_day or ends between first_day and final_day
  when 'within' then starts >= first_day and ends <= final_day
end
