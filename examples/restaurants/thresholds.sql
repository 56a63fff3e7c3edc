-- From which to which rating a word is used, the best first. Without a rating there is no threshold.
select
  rating_text,
  case when rating_text <> 'Not rated' then min(rating) end as lowest,
  case when rating_text <> 'Not rated' then max(rating) end as highest,
  count(*) as restaurants
from $ratings
group by rating_text
order by lowest desc nulls last
