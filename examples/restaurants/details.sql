-- One line for each restaurant; the date is that of its earliest event. No restaurant goes missing where its country
-- has left the workbook: the table's checks tell.
select
  r.id as "Restaurant Id",
  r.name as "Restaurant Name",
  c.country as "Country",
  r.city as "City",
  r.votes as "User Rating Votes",
  r.rating as "User Aggregate Rating",
  nullif(trim(r.cuisines), '') as "Cuisines",
  list_min(list_transform(r.events, lambda e: e.event.start_date)) as "Event Date"
from $restaurants as r
left join $countries as c on c.code = r.country_id
