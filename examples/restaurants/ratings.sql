-- Ratings in English words. Those who were turned away for nothing but their country count too.
with
  standard(said, english) as (
    values
      ('Skvělé', 'Excellent'), ('Terbaik', 'Excellent'), ('Eccellente', 'Excellent'), ('Excelente', 'Excellent'),
      ('Muito Bom', 'Very Good'), ('Muy Bueno', 'Very Good'), ('Velmi dobré', 'Very Good'), ('Bardzo dobrze', 'Very Good'),
      ('Bueno', 'Good'), ('Skvělá volba', 'Good')
  ),
  turned_away as (
    select raw::json as record, rejected_at
    from $quarantine
    where list_bool_and(list_transform(reasons, lambda r: r.message = $unknownCountry))
  ),
  all_ratings as (
    select id, rating, rating_text from $restaurants
    union all
    select * from (
      select distinct on (id)
        record ->> '$.id' as id,
        (record ->> '$.user_rating.aggregate_rating')::double as rating,
        trim(record ->> '$.user_rating.rating_text') as rating_text
      from turned_away
      order by rejected_at desc
    )
    where id not in (select id from $restaurants)
  )
select a.id, a.rating, coalesce(s.english, a.rating_text) as rating_text
from all_ratings as a
left join standard as s on s.said = a.rating_text
